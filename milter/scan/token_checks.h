// Token checks: check sums and structure that services put into their own tokens.
//
// Each takes the whole token and says whether its check digits are right. A token that fails is
// cut, mistyped or made up. Named as validators in validators.h; the rules that use them say where
// the forms are documented.
//
// SECURITY: input is hostile text; each check is linear in its length, or bounded.
// Threads: pure.
#pragma once

#include <string_view>

namespace warifu::scan {

// GitHub (ghp_, gho_ …) and npm: after the last '_' 30 characters and their CRC-32 as six digits of
// base 62.
bool HasGitHubChecksum(std::string_view token);

// GitLab's routable tokens end in '.', a length and the CRC-32 of all before it as seven digits of
// base 36. Tokens without that part have no check digits and are accepted.
bool HasGitLabChecksum(std::string_view token);

// Grafana's service accounts: glsa_, 32 characters, '_', the CRC-32 of what is before it, its bytes
// in hex, the lowest first.
bool HasGrafanaChecksum(std::string_view token);

// BIP 173 and BIP 350: age, Nostr and others.
bool HasBech32Checksum(std::string_view token);

// Bitcoin's Base58Check: private keys in wallet import form, extended keys. At most 120 characters.
bool HasBase58Checksum(std::string_view token);

// Discord: the first of three parts is a number of 17 to 20 digits in base64.
bool IsDiscordToken(std::string_view token);

// RFC 4616: base64 of an authorization identity (mostly none), NUL, login, NUL, and a password of
// at least four bytes.
bool IsSaslPlain(std::string_view text);

// PyPI: pypi- and a macaroon in base64url, whose location is pypi.org or test.pypi.org. Its fields
// are those of libmacaroons' second binary form, to the last byte: location, identifier, caveats,
// and a signature of 32 bytes.
bool IsPyPiToken(std::string_view token);

// AWS: four letters of a kind, then 80 bits in base 32, of which bits 1 to 40 are the account's
// number of twelve digits. AWS documents the kinds; the rest is told by Aidan Steele (awsteele.com,
// "AWS Access Key ID formats", 2020) and Tal Be'ery ("A short note on AWS KEY ID", 2023).
bool IsAwsKeyId(std::string_view id);

}  // namespace warifu::scan
