// LMDB as Postfix uses it: one file without a lock file (MDB_NOLOCK). Readers and postmap exclude
// each other by flock(2) on the table itself, which postfix_table.cc holds around every call here.
#include <lmdb.h>

#include <utility>

#include "binding/table_file.h"

namespace warifu::binding {
namespace {

struct CloseEnv {
  void operator()(MDB_env* env) const { mdb_env_close(env); }
};
struct EndRead {
  void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};
struct CloseCursor {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};
using Env = std::unique_ptr<MDB_env, CloseEnv>;
using Txn = std::unique_ptr<MDB_txn, EndRead>;
using Cursor = std::unique_ptr<MDB_cursor, CloseCursor>;

std::unexpected<Error> Failed(int code, const std::string& path) {
  const bool broken = code == MDB_INVALID || code == MDB_VERSION_MISMATCH ||
                      code == MDB_CORRUPTED || code == MDB_PAGE_NOTFOUND ||
                      code == MDB_INCOMPATIBLE;
  return Fail(broken ? ErrorKind::kInvalid : ErrorKind::kTemporary, mdb_strerror(code), {path});
}

MDB_val ToVal(std::string_view text) {
  return {text.size(), const_cast<char*>(text.data())};  // LMDB takes no const, and writes nothing
}

std::string_view ToText(const MDB_val& val) {
  std::string_view text(static_cast<const char*>(val.mv_data), val.mv_size);
  if (text.ends_with('\0')) text.remove_suffix(1);
  return text;
}

class LmdbFile final : public TableFile {
 public:
  LmdbFile(Env env, MDB_dbi dbi, std::string path)
      : env_(std::move(env)), dbi_(dbi), path_(std::move(path)) {}

  Result<std::optional<Hit>> First(const std::vector<std::string>& keys) const override {
    Txn txn;
    if (const int code = Begin(&txn); code != 0) return Failed(code, path_);
    for (std::size_t i = 0; i < keys.size(); ++i) {
      // postmap ends keys and values in NUL; other programs that write such tables do not.
      for (const std::size_t size : {keys[i].size() + 1, keys[i].size()}) {
        MDB_val key = ToVal({keys[i].c_str(), size}), value{};
        if (key.mv_size == 0 || key.mv_size > max_key_) continue;
        const int code = mdb_get(txn.get(), dbi_, &key, &value);
        if (code == 0) return Hit{i, std::string(ToText(value))};
        if (code != MDB_NOTFOUND) return Failed(code, path_);
      }
    }
    return std::nullopt;
  }

  Result<void> ForEach(const Visit& visit) const override {
    Txn txn;
    if (const int code = Begin(&txn); code != 0) return Failed(code, path_);
    MDB_cursor* opened = nullptr;
    if (const int code = mdb_cursor_open(txn.get(), dbi_, &opened); code != 0) {
      return Failed(code, path_);
    }
    const Cursor cursor(opened);
    MDB_val key{}, value{};
    int code = 0;
    while ((code = mdb_cursor_get(cursor.get(), &key, &value, MDB_NEXT)) == 0) {
      if (!visit(ToText(key), ToText(value))) return {};
    }
    if (code != MDB_NOTFOUND) return Failed(code, path_);
    return {};
  }

  Result<std::size_t> Count() const override {
    Txn txn;
    if (const int code = Begin(&txn); code != 0) return Failed(code, path_);
    MDB_stat stat{};
    if (const int code = mdb_stat(txn.get(), dbi_, &stat); code != 0) return Failed(code, path_);
    return stat.ms_entries;
  }

 private:
  int Begin(Txn* out) const {
    MDB_txn* txn = nullptr;
    const int code = mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &txn);
    out->reset(txn);
    return code;
  }

  Env env_;
  MDB_dbi dbi_;
  std::string path_;
  std::size_t max_key_ = static_cast<std::size_t>(mdb_env_get_maxkeysize(env_.get()));
};

}  // namespace

Result<std::unique_ptr<const TableFile>> OpenLmdb(const std::string& path, int) {
  MDB_env* made = nullptr;
  if (const int code = mdb_env_create(&made); code != 0) return Failed(code, path);
  Env env(made);
  constexpr unsigned kFlags = MDB_NOSUBDIR | MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS;
  if (const int code = mdb_env_open(env.get(), path.c_str(), kFlags, 0); code != 0) {
    return Failed(code, path);
  }
  MDB_txn* begun = nullptr;
  if (const int code = mdb_txn_begin(env.get(), nullptr, MDB_RDONLY, &begun); code != 0) {
    return Failed(code, path);
  }
  Txn txn(begun);
  MDB_dbi dbi = 0;
  if (const int code = mdb_dbi_open(txn.get(), nullptr, 0, &dbi); code != 0) {
    return Failed(code, path);
  }
  txn.reset();
  return std::make_unique<LmdbFile>(std::move(env), dbi, path);
}

}  // namespace warifu::binding
