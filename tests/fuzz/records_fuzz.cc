// Exact-match index: any bytes are a schema or are refused with errors; any bytes are a table or
// are refused with a place; an index that was built opens again, and searching any text by it ends.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/normalise.h"
#include "input.h"
#include "scan/index_builder.h"
#include "scan/record_finder.h"

namespace {

using namespace warifu;
using fuzz::Require;

constexpr const char* kSchema = R"([index]
id = "f"
handle = "a"
header = false
[[index.columns]]
name = "a"
role = "key"
type = "login"
[[index.columns]]
name = "b"
role = "key"
type = "password"
[[index.columns]]
name = "c"
role = "corroborate"
type = "name"
)";

void TrySchema(std::string_view text) {
  const auto schema = scan::ParseIndexSchema(std::string(text), "f.toml");
  if (schema) {
    Require(!schema->Indexed().empty(), "a schema without columns");
    Require(schema->handle < schema->columns.size(), "a handle that is no column");
  } else {
    Require(!schema.error().empty(), "refused without an error");
  }
}

void TryBytes(std::string_view bytes) {
  const auto index = scan::RecordIndex::FromBytes(std::string(bytes), {1, 2});
  Require(index || !index.error().text.empty(), "refused without a reason");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InputFile file(".csv");
  static const auto schema = scan::ParseIndexSchema(kSchema, "f.toml");
  const std::string_view text = fuzz::Text(data, size);
  TrySchema(text);
  TryBytes(text);
  auto table = scan::OpenTable(*schema, file.Write(text));
  Require(table.has_value(), "a plain file cannot be opened");
  const auto built = scan::BuildIndex(*schema, {1, 2}, **table, WallTime{}, {});
  if (!built) {
    Require(!built.error().text.empty(), "refused without a reason");
    return 0;
  }
  const auto index = scan::RecordIndex::FromBytes(built->bytes, {1, 2});
  Require(index.has_value(), "an index that was built does not open");
  const std::string normal = Normalise(std::string(text)).text;
  std::vector<scan::IndexMatch> matches;
  scan::RecordFinder(**index).Find(normal, {}, &matches);
  std::string buffer;
  for (const scan::IndexMatch& match : matches) {
    Require(match.row < built->rows, "a row that is not there");
    Require(match.span.begin < match.span.end && match.span.end <= normal.size(), "a wrong span");
    (*index)->Handle(match.row, &buffer);
  }
  return 0;
}
