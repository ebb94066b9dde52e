// Directory tables: any bytes load or are refused with errors; every row of a table that loaded
// answers for its own address.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/address.h"
#include "binding/directory.h"
#include "binding/table_lines.h"
#include "input.h"

namespace {

using namespace warifu;
using fuzz::Require;

void CheckRow(const binding::Directory& directory, std::string_view key) {
  const bool whole_domain = key.starts_with('@');
  const Result<Address> address =
      ParseAddrSpec(whole_domain ? "nobody-of-this-name" + std::string(key) : std::string(key), {});
  Require(address.has_value(), "a row's key is no address");
  const binding::Owners owners = directory.OwnersOf(*address);
  Require(owners.status == binding::Lookup::kFound, "a row is not found");
  Require(!owners.accounts.empty() && std::ranges::is_sorted(owners.accounts), "owners are no set");
  Require(std::ranges::adjacent_find(owners.accounts) == owners.accounts.end(), "an owner twice");
  Require(std::ranges::find(owners.accounts, "") == owners.accounts.end(),
          "an owner without a name");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InputFile file(".table");
  const std::string_view text = fuzz::Text(data, size);
  const auto lines = std::ranges::count(text, '\n') + 1;
  const auto directory = binding::OpenTextTable(file.Write(text), {"example.jp"});
  if (!directory) {
    Require(!directory.error().empty(), "refused without an error");
    for (const Error& error : directory.error()) {
      Require(!error.text.empty() && error.place.line <= lines, "an error without text or place");
    }
    return 0;
  }
  std::size_t rows = 0;
  binding::ForEachTableLine(text, [&](const binding::TableLine& line) {
    Require(line.error.empty(), "a table with a broken line was accepted");
    CheckRow(**directory, line.key);
    ++rows;
  });
  Require((*directory)->size() <= rows, "more rows than lines");
  return 0;
}
