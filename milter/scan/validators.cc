#include "scan/validators.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/hex.h"
#include "base/utf8.h"
#include "scan/base64.h"
#include "scan/dates.h"
#include "scan/password_form.h"
#include "scan/token_checks.h"

namespace warifu::scan {
namespace {

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}
bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
std::string Lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return Lower(c); });
  return out;
}

// Digits of a number that may be grouped by single spaces or hyphens; nullopt for anything else.
std::optional<std::string> Digits(std::string_view text) {
  std::string out;
  bool separator = true;  // none at the start, no two in a row
  for (const char c : text) {
    if (IsDigit(c)) {
      out += c;
      separator = false;
    } else if ((c == ' ' || c == '-') && !separator) {
      separator = true;
    } else {
      return std::nullopt;
    }
  }
  if (separator) return std::nullopt;
  return out;
}

// ISO/IEC 7812-1 annex B: payment cards and others of 12 to 19 digits.
bool IsLuhn(std::string_view secret) {
  const auto digits = Digits(secret);
  if (!digits || digits->size() < 12 || digits->size() > 19) return false;
  if (digits->find_first_not_of((*digits)[0]) == std::string::npos) return false;
  int sum = 0;
  for (std::size_t i = 0; i < digits->size(); ++i) {
    int d = (*digits)[digits->size() - 1 - i] - '0';
    if (i % 2 == 1) d = d * 2 > 9 ? d * 2 - 9 : d * 2;
    sum += d;
  }
  return sum % 10 == 0;
}

// ISO 13616: two letters, two check digits, 11 to 30 of the country's own; modulo 97.
bool IsIban(std::string_view secret) {
  std::string iban;
  for (const char c : secret) {
    if (c == ' ' || c == '-') continue;
    if (!IsDigit(c) && !IsLetter(c)) return false;
    iban += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  if (iban.size() < 15 || iban.size() > 34 || !IsLetter(iban[0]) || !IsLetter(iban[1]) ||
      !IsDigit(iban[2]) || !IsDigit(iban[3])) {
    return false;
  }
  std::rotate(iban.begin(), iban.begin() + 4, iban.end());
  unsigned rest = 0;
  for (const char c : iban) {
    const unsigned value =
        IsDigit(c) ? static_cast<unsigned>(c - '0') : static_cast<unsigned>(c - 'A') + 10;
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest == 1;
}

// The Individual Number (マイナンバー): 11 digits and a check digit, ministerial ordinance no. 85
// of 2014, article 5.
bool IsMyNumber(std::string_view secret) {
  const auto digits = Digits(secret);
  if (!digits || digits->size() != 12) return false;
  if (digits->find_first_not_of((*digits)[0]) == std::string::npos) return false;
  int sum = 0;
  for (int n = 1; n <= 11; ++n) {
    const int weight = n <= 6 ? n + 1 : n - 5;
    sum += ((*digits)[static_cast<std::size_t>(11 - n)] - '0') * weight;
  }
  const int check = sum % 11 <= 1 ? 0 : 11 - sum % 11;
  return digits->back() - '0' == check;
}

bool IsBase64(std::string_view secret) {
  const std::size_t padding = secret.size() - std::min(secret.size(), secret.find('='));
  return secret.size() >= 4 && padding <= 2 && (padding == 0 || secret.size() % 4 == 0) &&
         DecodeBase64(secret).has_value();
}

bool IsHex(std::string_view secret) {
  return secret.size() >= 2 && secret.size() % 2 == 0 &&
         std::ranges::all_of(secret, [](char c) { return HexValue(c) >= 0; });
}

// $2b$cost$ and 53 characters of crypt base64: 22 of salt, 31 of hash.
bool IsBcrypt(std::string_view secret) {
  if (secret.size() < 59 || !secret.starts_with("$2")) return false;
  std::string_view rest = secret.substr(2);
  if (std::string_view("abxy").contains(rest[0])) rest.remove_prefix(1);
  if (rest.size() != 57 || rest[0] != '$' || rest[3] != '$') return false;
  if (!IsDigit(rest[1]) || !IsDigit(rest[2])) return false;
  const int cost = (rest[1] - '0') * 10 + (rest[2] - '0');
  return cost >= 4 && cost <= 31 && std::ranges::all_of(rest.substr(4), [](char c) {
           return IsDigit(c) || IsLetter(c) || c == '.' || c == '/';
         });
}

// RFC 7519: three base64url parts, the first a JSON object that names an algorithm.
bool IsJwt(std::string_view secret) {
  const std::size_t first = secret.find('.');
  const std::size_t second = first == secret.npos ? first : secret.find('.', first + 1);
  if (second == secret.npos || secret.find('.', second + 1) != secret.npos) return false;
  const auto header = DecodeBase64(secret.substr(0, first));
  const auto claims = DecodeBase64(secret.substr(first + 1, second - first - 1));
  const auto signature = DecodeBase64(secret.substr(second + 1));
  return header && claims && signature && header->starts_with('{') && header->ends_with('}') &&
         header->contains("\"alg\"") && claims->starts_with('{');
}

bool IsMixed(std::string_view secret) {
  return std::ranges::any_of(secret, IsDigit) && std::ranges::any_of(secret, IsLetter);
}

// Words that stand where a secret would.
constexpr std::string_view kStandIns[] = {
    "password", "passwd",    "passwort",   "pass",     "pwd",    "secret",
    "token",    "apikey",    "api_key",    "username", "user",   "userid",
    "login",    "example",   "sample",     "test",     "none",   "null",
    "nil",      "undefined", "true",       "false",    "yes",    "no",
    "n/a",      "tbd",       "string",     "hidden",   "masked", "omitted",
    "removed",  "foobar",    "パスワード", "非表示",   "省略",   "あなたのパスワード",
};
// Pieces that no real secret holds.
constexpr std::string_view kStandInPieces[] = {
    "placeholder", "changeme", "change_me", "change-me",  "change_this", "changethis", "redacted",
    "your_",       "your-",    "yourpass",  "yoursecret", "yourtoken",   "yourkey",    "yourapi",
    "example_",    "example-", "-example",  "_example",   "examplekey",  "dummy",      "xxxxx",
    "****",        "●●",       "○○",        "〇〇",       "××",          "■■",         "....",
};

bool IsBracketed(std::string_view s) {
  static constexpr std::pair<std::string_view, std::string_view> kPairs[] = {
      {"<", ">"},   {"[", "]"}, {"{", "}"},   {"${", "}"}, {"$(", ")"}, {"%", "%"},
      {"「", "」"}, {"(", ")"}, {"__", "__"}, {"@", "@"},  {"#{", "}"},
  };
  return std::ranges::any_of(kPairs, [s](const auto& pair) {
    return s.size() > pair.first.size() + pair.second.size() && s.starts_with(pair.first) &&
           s.ends_with(pair.second);
  });
}

// One character again and again, or signs alone.
bool IsFiller(std::string_view secret) {
  std::size_t pos = 0;
  const char32_t first = NextCodePoint(secret, &pos);
  bool same = true, signs = true;
  for (std::size_t i = 0; i < secret.size();) {
    const char32_t c = NextCodePoint(secret, &i);
    same = same && c == first;
    signs = signs && c < 0x80 && !IsDigit(static_cast<char>(c)) && !IsLetter(static_cast<char>(c));
  }
  return same || signs;
}

bool IsNotPlaceholder(std::string_view secret) {
  if (secret.empty() || IsFiller(secret) || IsBracketed(secret)) return false;
  const std::string lower = Lower(secret);
  return std::ranges::find(kStandIns, lower) == std::end(kStandIns) &&
         std::ranges::none_of(kStandInPieces,
                              [&](std::string_view piece) { return lower.contains(piece); });
}

constexpr NamedValidator kValidators[] = {
    {"aws-key-id", IsAwsKeyId,
     "an AWS access key id in base 32, its account a number of 12 digits"},
    {"base58check", HasBase58Checksum, "Bitcoin's base 58 with right check bytes"},
    {"base64", IsBase64, "whole base64 or base64url, padded rightly or not at all"},
    {"bcrypt", IsBcrypt, "a bcrypt hash with a lawful cost"},
    {"bech32", HasBech32Checksum, "Bech32 or Bech32m with right check characters (age, Nostr)"},
    {"date", IsDate, "a date that exists, Western or Japanese"},
    {"datetime", IsDateTime, "a date and a time of day that exist"},
    {"discord-token", IsDiscordToken, "a Discord token whose first part is an account's number"},
    {"github-checksum", HasGitHubChecksum, "a GitHub or npm token with right check characters"},
    {"gitlab-checksum", HasGitLabChecksum,
     "a GitLab token with right check characters, or of the older form without any"},
    {"grafana-checksum", HasGrafanaChecksum,
     "a Grafana service account token with right check digits"},
    {"hex", IsHex, "an even number of hex digits"},
    {"iban", IsIban, "an international bank account number with right check digits"},
    {"jwt", IsJwt, "a JSON Web Token whose header names an algorithm"},
    {"luhn", IsLuhn, "12 to 19 digits with a right Luhn check digit (payment cards)"},
    {"mixed", IsMixed, "holds at least one ASCII letter and one digit"},
    {"mynumber", IsMyNumber, "a Japanese Individual Number with a right check digit"},
    {"password-like", IsPasswordLike,
     "letters and digits as in a password, and no date, version, code, path or name"},
    {"pypi-token", IsPyPiToken, "a PyPI token that is a whole macaroon of pypi.org"},
    {"sasl-plain", IsSaslPlain, "a login and a password as AUTH PLAIN sends them, in base64"},
    {"not-placeholder", IsNotPlaceholder, "not a stand-in such as ****, <password> or changeme"},
};

}  // namespace

std::span<const NamedValidator> Validators() {
  return kValidators;
}

const NamedValidator* FindValidator(std::string_view name) {
  const auto it = std::ranges::find(kValidators, name, &NamedValidator::name);
  return it == std::end(kValidators) ? nullptr : it;
}

double Entropy(std::string_view utf8) {
  if (utf8.empty()) return 0;
  std::array<unsigned, 128> ascii{};
  std::unordered_map<char32_t, unsigned> others;
  unsigned total = 0;
  for (std::size_t pos = 0; pos < utf8.size(); ++total) {
    const char32_t c = NextCodePoint(utf8, &pos);
    ++(c < 128 ? ascii[c] : others[c]);
  }
  double sum = 0;
  const auto add = [&](unsigned count) {
    if (count == 0) return;
    const double share = static_cast<double>(count) / total;
    sum -= share * std::log2(share);
  };
  std::ranges::for_each(ascii, add);
  for (const auto& [c, count] : others) add(count);
  return sum;
}

}  // namespace warifu::scan
