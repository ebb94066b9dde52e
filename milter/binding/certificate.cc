#include "binding/certificate.h"

#include <optional>

#include "base/address.h"
#include "base/hex.h"
#include "binding/table_lines.h"

namespace warifu::binding {
namespace {

constexpr std::string_view kFingerprint = "fingerprint:";

std::string NameKey(std::string_view subject, std::string_view issuer) {
  return std::string(subject).append(1, '\0').append(issuer);
}

// Digits alone, in lower case; "" when something else stands there.
std::string Digits(std::string_view fingerprint) {
  std::string out;
  for (const char c : fingerprint) {
    if (c == ':') continue;
    const int value = HexValue(c);
    if (value < 0) return "";
    out += "0123456789abcdef"[value];
  }
  return out;
}

// Takes a word, in quotes or not, off the front.
std::optional<std::string> TakeWord(std::string_view* text) {
  const std::size_t begin = text->find_first_not_of(" \t");
  if (begin == std::string_view::npos) return std::nullopt;
  text->remove_prefix(begin);
  std::string out;
  if (!text->starts_with('"')) {
    out = text->substr(0, text->find_first_of(" \t"));
    text->remove_prefix(out.size());
    return out;
  }
  for (std::size_t at = 1; at < text->size(); ++at) {
    char c = (*text)[at];
    if (c == '"') {
      text->remove_prefix(at + 1);
      return out;
    }
    if (c == '\\' && at + 1 < text->size()) c = (*text)[++at];
    out += c;
  }
  return std::nullopt;
}

// Key and account of a line; the reason where it has none.
std::expected<std::pair<std::string, std::string>, std::string> ReadLine(const TableLine& line) {
  if (!line.error.empty()) return std::unexpected(line.error);
  std::string_view key = line.key, rest = line.value;
  if (key.starts_with(kFingerprint)) {
    const std::string digits = Digits(key.substr(kFingerprint.size()));
    if (digits.size() < 32) return std::unexpected("the fingerprint is none in hexadecimal digits");
    return std::pair(std::string(kFingerprint) + digits, CanonicalAccount(rest));
  }
  const auto subject = TakeWord(&key);
  const auto issuer = TakeWord(&rest);
  const auto account = TakeWord(&rest);
  if (!subject || !issuer || !account || subject->empty() || issuer->empty()) {
    return std::unexpected("expected \"subject\" \"issuer\" account");
  }
  if (rest.find_first_not_of(" \t") != std::string_view::npos) {
    return std::unexpected("there is more behind the account; names with blanks want quotes");
  }
  return std::pair(NameKey(*subject, *issuer), CanonicalAccount(*account));
}

}  // namespace

std::expected<std::shared_ptr<const CertificateTable>, Errors> CertificateTable::Open(
    const std::string& path) {
  const Result<std::string> text = ReadTableFile(path);
  if (!text) return std::unexpected(Errors{text.error()});
  auto table = std::make_shared<CertificateTable>();
  Errors errors;
  ForEachTableLine(*text, [&](const TableLine& line) {
    const auto row = ReadLine(line);
    if (!row) {
      errors.push_back({ErrorKind::kInvalid, row.error(), {path, line.line}});
    } else if (const auto [it, added] = table->accounts_.insert(*row);
               !added && it->second != row->second) {
      errors.push_back(
          {ErrorKind::kInvalid, "the certificate has another account above", {path, line.line}});
    }
  });
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return table;
}

std::string CertificateTable::AccountOf(const ClientCertificate& certificate) const {
  const auto find = [this](const std::string& key) {
    const auto it = accounts_.find(key);
    return it == accounts_.end() ? "" : it->second;
  };
  if (const std::string digits = Digits(certificate.fingerprint); !digits.empty()) {
    if (std::string account = find(std::string(kFingerprint) + digits); !account.empty()) {
      return account;
    }
  }
  if (certificate.subject.empty() || certificate.issuer.empty()) return "";
  return find(NameKey(certificate.subject, certificate.issuer));
}

}  // namespace warifu::binding
