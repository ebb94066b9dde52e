// Directory: the operator's live data, which accounts own an address now. Read only.
//
// Four answers, not two; policy decides what "try later" and "misconfigured" mean.
// Threads: const, safe to share. A directory belongs to one snapshot; a reload opens a new one.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/error.h"
#include "base/lane_pool.h"
#include "store/store.h"

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
  // What was remembered of the address is asked anew by the next OwnersOf().
  virtual void Forget(const Address& /*address*/) const {}
  // Rows, for status; 0 where a server has them.
  virtual std::size_t size() const = 0;
  // For people: "6 rows", "PostgreSQL, 2 connections".
  virtual std::string Describe() const { return std::to_string(size()) + " rows"; }

  // The whole directory for import and audit: every mailbox once with its owners, in no order. Bare
  // names stand for an address in each local domain; rows for a domain, for a sub-address and of
  // what is no address are left out. The directory outlives what comes back; one thread reads it.
  // kInvalid where the source cannot be listed.
  virtual Result<store::DirectoryRows> Rows(const AddressOptions& options) const;
  // The same, row by row.
  Result<void> ForEach(const AddressOptions& options,
                       const std::function<Result<void>(const store::DirectoryRow&)>& visit) const;

  // Whether it can be asked at all, for the start and `warifu check`. kInvalid or kNotFound: a
  // person must mend it; any other kind: it may work later.
  virtual Result<void> Probe() const { return {}; }
  // Connections to a server, and how many of them hang.
  virtual LaneCounts lanes() const { return {}; }
};

// A text table in the source format of Postfix's smtpd_sender_login_maps (postmap(5)): "pattern
// owner[,owner…]", comments, continuation lines, quoted keys. Patterns are user@domain, user and
// @domain; a bare user counts in `local_domains` (canonical), as it does in Postfix's
// mydestination. All errors at once, with file and line; two rows for one address with other owners
// are one. Read whole into memory: about 60 bytes a row beside the text.
std::expected<std::unique_ptr<const Directory>, Errors> OpenTextTable(
    const std::string& path, const std::vector<std::string>& local_domains);

// A compiled table of Postfix's, read as Postfix reads it: keys as postmap wrote them, in both
// spellings of quoted names and of international domains. A file that takes its place is seen by
// the next lookup. What cannot be opened now is said by Probe() and by each lookup, since it may
// come back. `timeout`: how long to wait while postmap rewrites an lmdb table.
enum class PostfixTableType : std::uint8_t { kLmdb, kCdb };
std::unique_ptr<const Directory> OpenPostfixTable(PostfixTableType type, const std::string& path,
                                                  std::chrono::milliseconds timeout,
                                                  const std::vector<std::string>& local_domains);

}  // namespace warifu::binding
