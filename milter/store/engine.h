// Engine: a database, as the place where work on a connection is done.
//
// Run() lends a connection to `work` and gives back what went wrong, if anything; it takes no
// longer than Options::timeout (SQLite: but for a disk that hangs). RunLong() is for work on the
// whole store: a connection of its own, with no limit but the work's. A connection that is no
// longer sound (server gone, file replaced, disk read-only) is closed, and the next call opens one
// anew: that is how the store recovers by itself.
//
// Threads: all members may be called from any thread. `work` may run on another thread and outlive
// the call where a server hangs: it captures by value.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "store/sql.h"
#include "store/store.h"

namespace warifu::store {

using Work = std::function<void(Connection&)>;

class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string_view Kind() const = 0;  // "sqlite", "postgresql"
  virtual Result<void> Run(Work work) = 0;
  virtual Result<void> RunLong(Work work) = 0;
  virtual Result<Store::Health> Check(bool deep) = 0;
  virtual Result<void> Backup(const std::string& path) = 0;
};

// The file is made where it is missing, with mode 0600.
Result<std::unique_ptr<Engine>> OpenSqlite(const std::string& path, const Options& options);
// `words` are libpq's; the schema "warifu" is made where it is missing.
Result<std::unique_ptr<Engine>> OpenPostgresql(const std::string& words, const Options& options);

// An engine that `open` could not open yet. Each call tries, on a lane of its own: it takes no
// longer than Options::timeout, whatever `open` does. `kind`: what it will be.
using EngineOpener = std::function<Result<std::unique_ptr<Engine>>()>;
std::unique_ptr<Engine> MakeLateEngine(std::string_view kind, EngineOpener open,
                                       const Options& options);

// Runs `work`, catching all that it throws; clears `*keep` when the connection must be closed.
Result<void> Guard(Connection& connection, const Work& work, bool* keep);

}  // namespace warifu::store
