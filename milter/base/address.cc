#include "base/address.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/address_parts.h"
#include "base/unicode_text.h"
#include "base/utf8.h"

namespace warifu {
namespace {

// RFC 5321 says 64; return-path schemes (VERP, SRS, BATV) go beyond.
constexpr std::size_t kMaxLocal = 512;

// Postfix never cuts these names (split_addr), whatever the delimiter.
bool IsWhole(std::string_view local, std::string_view delimiters) {
  if (local == "postmaster" || local == "mailer-daemon" || local == "double-bounce") return true;
  if (!delimiters.contains('-')) return false;
  return local.starts_with("owner-") || (local.size() > 8 && local.ends_with("-request"));
}

std::size_t CutAt(std::string_view local, std::string_view delimiters) {
  if (IsWhole(local, delimiters)) return local.size();
  const std::size_t at = local.find_first_of(delimiters);
  return at == std::string_view::npos || at == 0 ? local.size() : at;
}

Result<std::string> CanonicalLocal(std::string_view local) {
  if (local.empty()) return Fail(ErrorKind::kInvalid, "the local part is empty");
  if (local.size() > kMaxLocal) return Fail(ErrorKind::kInvalid, "the local part is too long");
  const bool control =
      std::ranges::any_of(local, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  if (control) return Fail(ErrorKind::kInvalid, "the local part holds a control character");
  if (IsAscii(local)) return AsciiLower(local);
  if (!IsUtf8(local)) return Fail(ErrorKind::kInvalid, "the local part is not UTF-8");
  if (HasHidden(local)) {
    return Fail(ErrorKind::kInvalid, "the local part holds a character that cannot be seen");
  }
  std::string folded = FoldCase(local);
  // Full-width letters, ligatures and the like: a server that maps them (RFC 8265) sees another
  // address than one that does not.
  if (FoldCompatible(local) != folded) {
    return Fail(ErrorKind::kInvalid, "the local part holds a compatibility character");
  }
  return folded;
}

bool IsDotAtom(std::string_view local) {
  if (local.empty() || local.starts_with('.') || local.ends_with('.')) return false;
  if (local.find("..") != std::string_view::npos) return false;
  return std::ranges::all_of(local, [](unsigned char c) { return c == '.' || IsAtext(c); });
}

std::string Quoted(std::string_view local) {
  std::string out = "\"";
  for (const char c : local) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// Splits "local@domain" or "local" and undoes the quotes of the local part.
struct Split {
  std::string local;
  std::string_view domain;
};

Result<Split> SplitQuoted(std::string_view addr) {
  Split out;
  std::size_t at = 1;
  for (; at < addr.size() && addr[at] != '"'; ++at) {
    if (addr[at] == '\\') ++at;
    if (at == addr.size()) break;
    out.local += addr[at];
  }
  if (at >= addr.size()) return Fail(ErrorKind::kInvalid, "a quote is not closed");
  out.domain = addr.substr(at + 1);
  return out;
}

Result<Split> SplitPlain(std::string_view addr) {
  const std::size_t end = std::min(addr.find('@'), addr.size());
  const std::string_view local = addr.substr(0, end);
  const auto fits = [](unsigned char c) { return c == '.' || IsAtext(c); };
  if (!std::ranges::all_of(local, fits)) {
    return Fail(ErrorKind::kInvalid, "the local part holds a character that needs quotes");
  }
  return Split{std::string(local), addr.substr(end)};
}

}  // namespace

bool IsAtext(unsigned char c) {
  if (c >= 0x80) return true;
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) return true;
  return c != '\0' && std::string_view("!#$%&'*+-/=?^_`{|}~").contains(static_cast<char>(c));
}

std::string Address::ToString() const {
  std::string out = local.empty() || IsDotAtom(local) ? local : Quoted(local);
  if (!domain.empty()) out += '@' + domain;
  return out;
}

Result<Address> MakeAddress(std::string_view local, std::string_view domain,
                            const AddressOptions& options) {
  Result<std::string> folded = CanonicalLocal(local);
  if (!folded) return std::unexpected(std::move(folded).error());
  Address out;
  const std::size_t cut = CutAt(*folded, options.sub_address_delimiters);
  out.sub_address = folded->substr(cut);
  folded->resize(cut);
  out.local = *std::move(folded);
  if (domain.empty()) return out;
  Result<std::string> canonical = CanonicalDomain(domain);
  if (!canonical) return std::unexpected(std::move(canonical).error());
  out.domain = *std::move(canonical);
  return out;
}

Result<Address> ParseAddrSpec(std::string_view addr, const AddressOptions& options) {
  if (addr.empty()) return Fail(ErrorKind::kInvalid, "the address is empty");
  const Result<Split> split = addr.starts_with('"') ? SplitQuoted(addr) : SplitPlain(addr);
  if (!split) return std::unexpected(split.error());
  if (split->domain.empty()) return MakeAddress(split->local, "", options);
  if (!split->domain.starts_with('@')) {
    return Fail(ErrorKind::kInvalid, "the local part goes on behind its quotes");
  }
  const std::string_view domain = split->domain.substr(1);
  if (domain.empty()) return Fail(ErrorKind::kInvalid, "the domain is empty");
  return MakeAddress(split->local, domain, options);
}

Result<Address> ParsePath(std::string_view path, const AddressOptions& options) {
  if (path.starts_with('<')) {
    if (path.size() < 2 || !path.ends_with('>')) {
      return Fail(ErrorKind::kInvalid, "an angle bracket is not closed");
    }
    path = path.substr(1, path.size() - 2);
  }
  if (path.empty()) return Address{};
  if (path.starts_with('@')) return Fail(ErrorKind::kInvalid, "source routes are refused");
  return ParseAddrSpec(path, options);
}

std::string CanonicalAccount(std::string_view account) {
  return FoldCase(account);
}

}  // namespace warifu
