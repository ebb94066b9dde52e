// Encryption forms: the reader of each form that EncryptionOf() knows. Internal to extract.
//
// Each takes a file that begins as its form does, and never answers kNotAsked. Threads: pure.
#pragma once

#include <string_view>

#include "extract/encryption.h"

namespace warifu::extract {

Encryption EncryptionOfZip(std::string_view content);
Encryption EncryptionOf7z(std::string_view content);
Encryption EncryptionOfRar4(std::string_view content);
Encryption EncryptionOfRar5(std::string_view content);
Encryption EncryptionOfPdf(std::string_view content);
Encryption EncryptionOfCompound(std::string_view content);

}  // namespace warifu::extract
