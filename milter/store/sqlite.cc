// SQLite as the engine: one file, in WAL mode, so that readers never wait for the writer.
//
// Durability: synchronous=FULL writes and syncs the log before a commit returns.
// SOCI opens the file, prepares and runs statements. A time-out in milliseconds is asked of sqlite3
// itself, through SOCI's own handle, since SOCI counts seconds.
#include <fcntl.h>
#include <soci/sqlite3/soci-sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include "base/unique_fd.h"
#include "store/engine.h"
#include "store/operations.h"
#include "store/pool.h"
#include "store/schema.h"
#include "store/sql_session.h"

namespace warifu::store {
namespace {

// What to mend about a file that cannot be written.
constexpr const char* kWritable =
    " (the user of warifu-milter must be able to write it, its -wal and -shm, and their folder)";

std::string Reason(int code) {
  return std::error_code(code, std::generic_category()).message();
}

// A new name is on the disk only when its folder is.
Result<void> SyncFolderOf(const std::string& path) {
  std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (folder.empty()) folder = ".";
  const UniqueFd parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!parent || ::fsync(parent.get()) != 0) {
    return Fail(ErrorKind::kSystem, folder.string() + ": " + Reason(errno));
  }
  return {};
}

// One writer at a time in this process: sqlite's own waiting between processes is by polling. No
// std::timed_mutex, since GCC 12's thread sanitizer does not see its timed lock.
class WriterLock {
 public:
  void lock() {
    std::unique_lock guard(mutex_);
    released_.wait(guard, [this] { return !taken_; });
    taken_ = true;
  }
  bool try_lock_for(std::chrono::milliseconds time) {
    std::unique_lock guard(mutex_);
    if (!released_.wait_for(guard, time, [this] { return !taken_; })) return false;
    taken_ = true;
    return true;
  }
  void unlock() {
    {
      const std::lock_guard guard(mutex_);
      taken_ = false;
    }
    released_.notify_one();
  }
  // Of whoever has taken it.
  void Say(bool long_work) {
    const std::lock_guard guard(mutex_);
    long_work_ = long_work;
    since_ = std::chrono::steady_clock::now();
  }
  // Who holds it, for how long, and what to do about that.
  std::string Holder() {
    const std::lock_guard guard(mutex_);
    const auto held =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - since_);
    const std::string seconds = std::to_string(held.count()) + " s";
    if (long_work_) {
      return "warifu itself has been at work on the whole store for " + seconds +
             " (an import, an erasure, the removal of old rows); try again when that has ended";
    }
    return "another change of warifu's own has been under way for " + seconds +
           "; try again, and if that happens often, look whether its disk is slow or full";
  }

 private:
  std::mutex mutex_;
  std::condition_variable released_;
  bool taken_ = false, long_work_ = false;
  std::chrono::steady_clock::time_point since_;
};

class SqliteConnection final : public Connection {
 public:
  SqliteConnection(const std::string& path, std::shared_ptr<WriterLock> writer)
      : Connection(std::make_unique<Session>(soci::sqlite3, "dbname=\"" + path + '"')),
        path_(path),
        writer_(std::move(writer)),
        writing_(*writer_, std::defer_lock) {
    SetPatience(std::chrono::milliseconds(1'000));
  }

  void BeginRead() override { Execute("BEGIN"); }
  void BeginWrite() override {
    const auto begin = std::chrono::steady_clock::now();
    if (patience_.count() == 0) {
      writing_.lock();
    } else if (!writing_.try_lock_for(patience_)) {
      throw Failure(ErrorKind::kTemporary, path_ + ": " + writer_->Holder());
    } else {
      const auto left = patience_ - std::chrono::duration_cast<std::chrono::milliseconds>(
                                        std::chrono::steady_clock::now() - begin);
      if (left.count() > 0) SetPatience(left);
    }
    writer_->Say(long_work_);
    try {
      Execute("BEGIN IMMEDIATE");
    } catch (...) {
      writing_.unlock();
      throw;
    }
  }
  void BeginKeyed(std::string_view) override { BeginWrite(); }
  void Commit() override {
    Connection::Commit();
    if (writing_.owns_lock()) writing_.unlock();
  }
  void Rollback() noexcept override {
    Connection::Rollback();
    if (writing_.owns_lock()) writing_.unlock();
  }

  void SetPatience(std::chrono::milliseconds patience) override {
    patience_ = patience;
    constexpr int kForEver = 24 * 60 * 60 * 1'000;
    sqlite_api::sqlite3_busy_timeout(
        handle(), patience.count() == 0 ? kForEver : static_cast<int>(patience.count()));
  }

  // What others are told who wait for it.
  void SetLongWork() { long_work_ = true; }

  bool IsSound() override {
    // One stat(2): sqlite itself would go on with a file that no longer has a name.
    int moved = 0;
    sqlite_api::sqlite3_file_control(handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved == 0;
  }

  bool MayHaveChanged() override {
    // Counts commits by other connections, in this process and in others; reads no page.
    static constexpr Query kDataVersion{"PRAGMA data_version", "n"};
    const std::int64_t version = Number(kDataVersion);
    return std::exchange(seen_version_, version) != version;
  }

  Error Explain(const std::exception& thrown, bool* keep) const override {
    const auto* failed = dynamic_cast<const soci::sqlite3_soci_error*>(&thrown);
    *keep = false;
    if (failed == nullptr) return {ErrorKind::kInternal, path_ + ": " + thrown.what()};
    const std::string text = path_ + ": " + failed->get_error_message();
    switch (failed->result() & 0xff) {
      case SQLITE_BUSY:
      case SQLITE_LOCKED:
        *keep = true;
        return {ErrorKind::kTemporary, text + " (another program holds it: fuser -v names it)"};
      case SQLITE_FULL:
        return {ErrorKind::kTemporary, text + " (make room on its file system)"};
      case SQLITE_IOERR:
      case SQLITE_NOMEM:
      case SQLITE_PROTOCOL:
        return {ErrorKind::kTemporary, text};
      case SQLITE_READONLY:
      case SQLITE_CANTOPEN:
      case SQLITE_PERM:
      case SQLITE_AUTH:
        return {ErrorKind::kSystem, text + kWritable};
      case SQLITE_NOTADB:
      case SQLITE_CORRUPT:
        return {ErrorKind::kInvalid, text + " (not a store, or damaged: restore a backup)"};
      default:
        return {ErrorKind::kInternal, text};
    }
  }

 private:
  sqlite_api::sqlite3* handle() {
    return static_cast<soci::sqlite3_session_backend*>(session().sql().get_backend())->conn_;
  }

  const std::string path_;
  const std::shared_ptr<WriterLock> writer_;
  std::unique_lock<WriterLock> writing_;
  std::chrono::milliseconds patience_{};
  std::int64_t seen_version_ = -1;
  bool long_work_ = false;
};

// Does `work` on a connection that nobody guards yet, naming what goes wrong.
void Prepare(SqliteConnection& connection, const Work& work) {
  bool keep = true;
  if (const auto done = Guard(connection, work, &keep); !done) {
    throw Failure(done.error().kind, done.error().text);
  }
}

std::unique_ptr<SqliteConnection> Connect(const std::string& path,
                                          const std::shared_ptr<WriterLock>& writer) {
  if (::access(path.c_str(), F_OK) != 0) {
    // Never made anew here: an empty store would answer "no row" to everything.
    throw Failure(ErrorKind::kSystem,
                  path + ": " + Reason(errno) + " (put it back, or a backup of it)");
  }
  auto connection = std::make_unique<SqliteConnection>(path, writer);
  Prepare(*connection, [](Connection& own) {
    for (const char* setting : {"PRAGMA synchronous=FULL", "PRAGMA foreign_keys=ON",
                                "PRAGMA trusted_schema=OFF", "PRAGMA cell_size_check=ON",
                                "PRAGMA cache_size=-8192", "PRAGMA journal_size_limit=67108864"}) {
      own.Execute(setting);
    }
  });
  return connection;
}

// The log is a property of the file; it is set once it is known to be ours.
void TurnOnLog(Connection& connection, const std::string& path) {
  static constexpr Query kMode{"PRAGMA journal_mode=WAL", "t"};
  std::string mode;
  connection.Each(kMode, {}, [&](const Row& row) { mode = row.Text(0); });
  if (mode != "wal") {
    throw Failure(ErrorKind::kSystem, path +
                                          ": cannot be kept with a write-ahead log (is it on a "
                                          "network file system?)");
  }
}

// A backup that was put in place has none. What cannot be written now is still read.
void KeepLog(Connection& connection) {
  bool keep = true;
  std::ignore =
      Guard(connection, [](Connection& own) { own.Execute("PRAGMA journal_mode=WAL"); }, &keep);
}

class SqliteEngine final : public Engine {
 public:
  SqliteEngine(std::string path, const Options& options)
      : path_(std::move(path)),
        timeout_(options.timeout),
        pool_(options.connections, [path = path_, writer = writer_] {
          auto connection = Connect(path, writer);
          Prepare(*connection, [&](Connection& own) { RequireSchema(own, path); });
          KeepLog(*connection);
          return connection;
        }) {}

  std::string_view Kind() const override { return "sqlite"; }

  Result<void> Run(Work work) override {
    const SteadyTime deadline = std::chrono::steady_clock::now() + timeout_;
    return pool_.Run(
        [&](Connection& connection) {
          const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
              deadline - std::chrono::steady_clock::now());
          connection.SetPatience(std::max(left, std::chrono::milliseconds(1)));
          work(connection);
        },
        deadline);
  }

  Result<Store::Health> Check(bool deep) override;
  Result<void> Backup(const std::string& path) override;

  Result<void> Migrate() {
    return RunOwn([&](SqliteConnection& own) {
      own.SetPatience(timeout_);
      RequireOurs(own, kSqliteDialect, path_);
      TurnOnLog(own, path_);
      own.BeginWrite();
      Transaction transaction(own);
      store::Migrate(own, kSqliteDialect, Migrations(), path_);
      transaction.Commit();
    });
  }

  Result<void> RunLong(Work work) override {
    return RunOwn([&](SqliteConnection& own) {
      own.SetPatience(std::chrono::milliseconds(0));
      own.SetLongWork();
      own.Execute("PRAGMA cache_size=-65536");  // an index of a million rows fits
      work(own);
    });
  }

 private:
  Result<void> RunOwn(const std::function<void(SqliteConnection&)>& work) {
    auto connection = TryOpen([&] { return Connect(path_, writer_); });
    if (!connection) return std::unexpected(std::move(connection.error()));
    bool keep = false;
    auto& own = static_cast<SqliteConnection&>(**connection);  // as Connect() made it
    return Guard(own, [&](Connection&) { work(own); }, &keep);
  }

  const std::string path_;
  const std::chrono::milliseconds timeout_;
  const std::shared_ptr<WriterLock> writer_ = std::make_shared<WriterLock>();
  Pool pool_;
};

Result<Store::Health> SqliteEngine::Check(bool deep) {
  static constexpr Query kIntegrity{"PRAGMA integrity_check(100)", "t"};
  Store::Health health;
  const auto done = RunLong([&](Connection& own) {
    own.BeginRead();
    Transaction transaction(own);
    if (deep) {
      own.Each(kIntegrity, {}, [&](const Row& row) {
        if (row.Text(0) != "ok") health.problems.push_back(row.Text(0));
      });
    }
    std::vector<std::string> damage = std::move(health.problems);
    health = CheckHealth(own);
    health.problems.insert(health.problems.begin(), damage.begin(), damage.end());
    transaction.Commit();
  });
  // Damage is what was asked for, not a failure to look.
  if (!done && done.error().kind == ErrorKind::kInvalid) {
    health.problems.push_back(done.error().text);
  } else if (!done) {
    return std::unexpected(done.error());
  }
  health.kind = Kind();
  struct stat status = {};
  if (::stat(path_.c_str(), &status) == 0 && (status.st_mode & 077) != 0) {
    health.problems.push_back(path_ + ": others than its owner can open it; chmod 600");
  }
  return health;
}

// A copy that is compact and of one moment. It appears under its name only when it is whole and on
// the disk.
Result<void> SqliteEngine::Backup(const std::string& path) {
  static constexpr Query kCopy{"VACUUM INTO :path"};
  const std::string part = path + ".part";
  if (::access(path.c_str(), F_OK) == 0) {
    return Fail(ErrorKind::kInvalid, path + ": is there already; name a new file");
  }
  ::unlink(part.c_str());
  const UniqueFd file(::open(part.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
  if (!file) return Fail(ErrorKind::kSystem, part + ": " + Reason(errno));
  auto done = RunLong([&](Connection& own) { own.Run(kCopy, {part}); });
  if (done && ::fsync(file.get()) != 0) {
    done = Fail(ErrorKind::kSystem, part + ": " + Reason(errno));
  }
  // link() never replaces what another has put there meanwhile.
  if (done && ::link(part.c_str(), path.c_str()) != 0) {
    done = Fail(ErrorKind::kSystem, path + ": " + Reason(errno));
  }
  ::unlink(part.c_str());
  if (done) done = SyncFolderOf(path);
  return done;
}

// Makes the file where there is none. An existing one is not opened: closing a descriptor drops
// all locks that this process holds on the file, those of another connection too.
Result<void> MakeFile(const std::string& path) {
  struct stat status = {};
  if (::stat(path.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) return Fail(ErrorKind::kInvalid, path + ": not a file");
    if (::faccessat(AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) != 0) {
      return Fail(ErrorKind::kSystem, path + ": " + Reason(errno));
    }
    return {};
  }
  if (errno != ENOENT) return Fail(ErrorKind::kSystem, path + ": " + Reason(errno));
  const UniqueFd file(::open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600));
  if (!file && errno == EEXIST) return {};  // another process was faster
  if (!file) return Fail(ErrorKind::kSystem, path + ": " + Reason(errno));
  return SyncFolderOf(path);
}

}  // namespace

Result<std::unique_ptr<Engine>> OpenSqlite(const std::string& path, const Options& options) {
  if (path.empty() || path.find_first_of("\"\0\n") != std::string::npos) {
    return Fail(ErrorKind::kInvalid, "sqlite: wants the path of a file, without quotes in it");
  }
  if (auto made = MakeFile(path); !made) return std::unexpected(std::move(made.error()));
  auto engine = std::make_unique<SqliteEngine>(path, options);
  auto migrated = engine->Migrate();
  if (!migrated) return std::unexpected(std::move(migrated.error()));
  return engine;
}

}  // namespace warifu::store
