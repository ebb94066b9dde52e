#include "extract/encryption.h"

#include <array>

#include "extract/encryption_forms.h"

namespace warifu::extract {
namespace {

using std::string_view_literals::operator""sv;

struct Form {
  std::string_view begin;
  Encryption (*read)(std::string_view content);
};

constexpr auto kForms = std::to_array<Form>({
    {"PK\x03\x04"sv, EncryptionOfZip},
    {"PK\x05\x06"sv, EncryptionOfZip},            // empty
    {"PK\x07\x08PK\x03\x04"sv, EncryptionOfZip},  // once split
    {"PK00PK\x03\x04"sv, EncryptionOfZip},        // the same, in one piece again
    {"PK\x06\x08"sv, EncryptionOfZip},            // archive extra data record
    {"7z\xBC\xAF\x27\x1C"sv, EncryptionOf7z},
    {"Rar!\x1A\x07\x00"sv, EncryptionOfRar4},
    {"Rar!\x1A\x07\x01\x00"sv, EncryptionOfRar5},
    {"%PDF-"sv, EncryptionOfPdf},
    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, EncryptionOfCompound},
});

}  // namespace

Encryption EncryptionOf(std::string_view content) {
  for (const Form& form : kForms) {
    if (content.starts_with(form.begin)) return form.read(content);
  }
  return Encryption::kNotAsked;
}

}  // namespace warifu::extract
