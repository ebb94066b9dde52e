#include "mail/iconv_door.h"

#include <algorithm>
#include <cerrno>

#include "mail/ascii.h"

namespace warifu::mail {
namespace {

// The C library passes over all others: "(x" would be "x" under another name.
bool IsNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.:").find(c) != std::string_view::npos;
}

// The C library's own wide characters under their names: no charset of mail. ASCII text under such
// a label would read as something else here, and here alone.
bool IsInternal(std::string_view label) {
  return EqualNoCase(label, "wchar_t") || EqualNoCase(label, "internal") ||
         StartsWithNoCase(label, "osf0001");
}

}  // namespace

bool IsCharsetName(std::string_view label) {
  return !label.empty() && label.size() <= 40 && std::ranges::all_of(label, IsNameCharacter) &&
         !IsInternal(label);
}

Converter::Converter(std::string_view to, std::string_view from) {
  if (!IsCharsetName(to) || !IsCharsetName(from)) return;
  handle_ = iconv_open(std::string(to).c_str(), std::string(from).c_str());
}

Converter::~Converter() {
  if (ok()) iconv_close(handle_);
}

void Converter::Reset() {
  iconv(handle_, nullptr, nullptr, nullptr, nullptr);
}

Converter::Step Converter::Convert(std::string_view in, char* out, std::size_t room, bool flush) {
  char* from = const_cast<char*>(in.data());  // iconv's signature; it does not write there
  std::size_t left = in.size();
  char* to = out;
  std::size_t space = room;
  Step step;
  if (iconv(handle_, &from, &left, &to, &space) == static_cast<std::size_t>(-1)) {
    step.outcome = errno == E2BIG    ? Outcome::kFull
                   : errno == EINVAL ? Outcome::kIncomplete
                                     : Outcome::kInvalid;
  } else if (flush &&
             iconv(handle_, nullptr, nullptr, &to, &space) == static_cast<std::size_t>(-1)) {
    step.outcome = Outcome::kFull;
  }
  step.consumed = in.size() - left;
  step.produced = room - space;
  return step;
}

}  // namespace warifu::mail
