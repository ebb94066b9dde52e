#include "binding/directory.h"

namespace warifu::binding {

Result<store::DirectoryRows> Directory::Rows(const AddressOptions&) const {
  return Fail(ErrorKind::kInvalid, "this kind of directory cannot be listed");
}

Result<void> Directory::ForEach(
    const AddressOptions& options,
    const std::function<Result<void>(const store::DirectoryRow&)>& visit) const {
  Result<store::DirectoryRows> rows = Rows(options);
  if (!rows) return std::unexpected(rows.error());
  store::DirectoryRow row;
  while (true) {
    const Result<bool> more = (*rows)(&row);
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
    if (Result<void> visited = visit(row); !visited) return visited;
  }
}

}  // namespace warifu::binding
