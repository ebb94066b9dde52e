// Change source: announced changes in a database that the operator's provisioning system writes,
// read by the operator's own query.
//
// Each reading takes all rows of the query, in one call under one deadline: a row that was
// committed late, behind others with a higher number, is thus never missed. The query says by its
// condition which rows those are. A row that is wrong is told with what is wrong, beside the
// others.
//
// SECURITY: who may write that table may announce changes of any address. The query only reads; its
// session is set so that the server itself refuses to write.
// Threads: const, safe to share.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/lane_pool.h"
#include "binding/checks.h"
#include "binding/sources.h"
#include "store/records.h"

namespace warifu::binding {

struct ChangeOptions {
  SqlOptions sql;  // url "" for none
  // Six columns: address, account that it leaves, account that it goes to, reference, valid from,
  // valid until; the last two in seconds since 1970. NULL or "" for an account that is not stated,
  // or for nobody; NULL for a time that has come. :since is the time up to which all was read.
  std::string query;
  std::chrono::milliseconds timeout{10'000};
};

using ChangeRow = std::vector<std::optional<std::string>>;  // six cells; nullopt: NULL

class ChangeSource {
 public:
  virtual ~ChangeSource() = default;
  // kInvalid: a person must mend it, also more than kMostChanges rows; kTemporary: later.
  virtual Result<std::vector<ChangeRow>> Read(WallTime since) const = 0;
  virtual std::string Describe() const = 0;  // "PostgreSQL"
  virtual LaneCounts lanes() const = 0;
};
inline constexpr std::size_t kMostChanges = 100'000;

// Null where no URL is set. kInvalid: what is wrong with URL, password file or query.
Result<std::unique_ptr<const ChangeSource>> OpenChangeSource(const ChangeOptions& options);

// What a row says.
struct ChangeReading {
  enum class Kind : std::uint8_t {
    kValid,
    kAhead,  // its time has not come
    kOver,   // its time is over
    kWrong,
  };
  Kind kind = Kind::kWrong;
  store::Change change;  // but for kWrong
  std::string error;     // of kWrong: what, and of which row
};
ChangeReading ReadChange(const ChangeRow& row, const Options& options, WallTime now);

}  // namespace warifu::binding
