// Directory: the operator's live data, which accounts own an address now. Read only.
//
// Four answers, not two; policy decides what "try later" and "misconfigured" mean.
// Threads: const, safe to share. A directory belongs to one snapshot; a reload opens a new one.
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/error.h"

namespace warifu::binding {

enum class Lookup { kFound, kNotFound, kTryLater, kMisconfigured };

struct Owners {
  Lookup status = Lookup::kNotFound;
  std::vector<std::string> accounts = {};  // canonical (CanonicalAccount); a set, sorted
  bool by_domain = false;                  // the hit was an "@domain" row
  std::string detail = {};                 // for try-later and misconfigured
  // The directory did not answer; these are the owners that the ledger has proven (live.h).
  bool stale = false;
};

class Directory {
 public:
  virtual ~Directory() = default;
  // Looks up in the order of Postfix: "local+sub@domain", "local@domain", then for a local domain
  // (or a bare name) "local+sub" and "local", then "@domain". The first row that is there answers.
  virtual Owners OwnersOf(const Address& address) const = 0;
  // Rows, for status.
  virtual std::size_t size() const = 0;
};

// A text table in the source format of Postfix's smtpd_sender_login_maps (postmap(5)): "pattern
// owner[,owner…]", comments, continuation lines, quoted keys. Patterns are user@domain, user and
// @domain; a bare user counts in `local_domains` (canonical), as it does in Postfix's
// mydestination. All errors at once, with file and line; two rows for one address with other owners
// are one. Read whole into memory: about 60 bytes a row beside the text.
std::expected<std::unique_ptr<const Directory>, Errors> OpenTextTable(
    const std::string& path, const std::vector<std::string>& local_domains);

}  // namespace warifu::binding
