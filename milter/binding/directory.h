// Directory: the operator's live data, which accounts own an address now. Read only.
//
// Four answers, not two; policy decides what "try later" and "misconfigured" mean.
// Threads: const, safe to share. A directory belongs to one snapshot; a reload opens a new one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/error.h"

namespace warifu::binding {

enum class Lookup { kFound, kNotFound, kTryLater, kMisconfigured };

struct Owners {
  Lookup status = Lookup::kNotFound;
  std::vector<std::string> accounts;  // canonical (CanonicalAccount); a set, sorted
  bool by_domain = false;             // the hit was an "@domain" row
  std::string detail;                 // for try-later and misconfigured
};

class Directory {
 public:
  virtual ~Directory() = default;
  // Looks up "local@domain", then "local" for a local domain as Postfix does, then "@domain".
  virtual Owners OwnersOf(const Address& address) const = 0;
  // Rows, for status.
  virtual std::size_t size() const = 0;
};

// A text table in the source format of Postfix's smtpd_sender_login_maps: "pattern owner[,owner…]",
// comments, continuation lines. All errors at once, with file and line.
std::expected<std::unique_ptr<const Directory>, Errors> OpenTextTable(
    const std::string& path, const AddressOptions& options);

}  // namespace warifu::binding
