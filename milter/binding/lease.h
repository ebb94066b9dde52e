// Lease: the account that a client's IP address is leased to, by the provider's own records.
//
// A row counts while its last update is younger than `stale_after`, since the ends of leases get
// lost everywhere: an open row alone proves nothing. Rows are of single addresses and of networks
// (framed and delegated IPv6 prefixes); all that hold the client count together, and when fresh
// ones name two accounts there is no identity. Behind carrier NAT many customers share an address:
// there a lease is none.
//
// Two sources: a text table, read anew when it is replaced; and SQL by the operator's own query,
// under a deadline of its own as every directory (sources.h).
// Threads: const, safe to share.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/lane_pool.h"
#include "base/network.h"
#include "binding/sources.h"

namespace warifu::binding {

enum class Leased : std::uint8_t {
  kNobody,
  kOne,
  kTwo,      // fresh rows of two accounts
  kUnknown,  // the source does not answer now
  kMisconfigured,
};

struct LeaseAnswer {
  Leased status = Leased::kNobody;
  std::string account = {};  // canonical (CanonicalAccount)
  std::string detail = {};   // of kTwo, kUnknown and kMisconfigured
};

struct LeaseOptions {
  std::string table;  // path; "" for none
  SqlOptions sql;     // url "" for none
  std::string query;  // columns: account, last update in seconds since 1970
  std::chrono::seconds stale_after{1'200};
  std::vector<Network> carrier_nat;
  ServerOptions server;
};

class Leases {
 public:
  virtual ~Leases() = default;
  // `client_address`: as the MTA names it; one without an address has no lease.
  virtual LeaseAnswer AccountOf(std::string_view client_address, WallTime now) const = 0;
  virtual Result<void> Probe() const = 0;
  // Connections to a server, and how many of them hang.
  virtual LaneCounts lanes() const { return {}; }
};

// Null where the options name no source. The table: "network account [last update]" a line, the
// update as 2026-11-22T08:00:00Z or in seconds since 1970, none for a lease that never goes stale.
// The query: :ip is the client's address; :net64, :net60, :net56 and :net48 the networks of these
// lengths that hold an IPv6 client ("2001:db8:1:2::/64"; "" for IPv4).
std::expected<std::unique_ptr<const Leases>, Errors> OpenLeases(const LeaseOptions& options);

// ── Internal to binding ────────────────────────────────────────────────────────────────────────

struct LeaseRow {
  std::string account;
  WallTime updated;
};

// By freshness and number of accounts.
LeaseAnswer JudgeLeases(const std::vector<LeaseRow>& rows, WallTime now,
                        std::chrono::seconds stale_after);
std::expected<std::unique_ptr<const Leases>, Errors> OpenLeaseTable(const LeaseOptions& options);

}  // namespace warifu::binding
