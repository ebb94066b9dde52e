#include "cli/table_rows.h"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <sstream>
#include <vector>

#include "binding/table_lines.h"

namespace warifu::cli {
namespace {

constexpr std::size_t kPortion = 256u << 10;  // bytes of the file at once

class Rows {
 public:
  Rows(std::string text, const binding::Directory& directory, const binding::Options& options)
      : text_(std::move(text)), directory_(directory), options_(options) {}

  bool Next(store::DirectoryRow* row) {
    while (next_ == rows_.size()) {
      if (at_ == text_.size()) return false;
      rows_.clear();
      next_ = 0;
      const std::string_view portion = Portion();
      binding::ForEachTableLine(portion, [this](const binding::TableLine& line) {
        if (line.error.empty()) Add(line.key);
      });
    }
    *row = std::move(rows_[next_++]);
    return true;
  }

 private:
  // Ends before a line that begins a row: not a continuation, nor what may stand before one.
  std::string_view Portion() {
    const std::size_t begin = at_;
    at_ = std::min(at_ + kPortion, text_.size());
    while (at_ < text_.size()) {
      at_ = std::min(text_.find('\n', at_), text_.size() - 1) + 1;
      if (at_ == text_.size() || std::strchr(" \t\r\n\v\f#", text_[at_]) == nullptr) break;
    }
    return std::string_view(text_).substr(begin, at_ - begin);
  }

  void Add(std::string_view key) {
    if (key.starts_with('@')) return;
    const Result<Address> address = ParseAddrSpec(key, options_.address);
    if (!address || !address->sub_address.empty()) return;
    if (!address->domain.empty()) return Add(*address);
    for (const std::string& domain : options_.local_domains) Add({address->local, domain});
  }

  void Add(const Address& address) {
    binding::Owners owners = directory_.OwnersOf(address);
    if (owners.status != binding::Lookup::kFound || owners.by_domain) return;
    rows_.push_back({address.ToString(), std::move(owners.accounts)});
  }

  const std::string text_;
  const binding::Directory& directory_;
  const binding::Options& options_;
  std::size_t at_ = 0;
  std::vector<store::DirectoryRow> rows_;  // of the portion
  std::size_t next_ = 0;
};

}  // namespace

Result<store::DirectoryRows> TableRows(const std::string& path, const binding::Directory& directory,
                                       const binding::Options& options) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file.is_open() ||
      (file.peek() != std::ifstream::traits_type::eof() && !(text << file.rdbuf()))) {
    return Fail(ErrorKind::kSystem, "cannot be read", {path});
  }
  const auto rows = std::make_shared<Rows>(std::move(text).str(), directory, options);
  return [rows](store::DirectoryRow* row) -> Result<bool> { return rows->Next(row); };
}

}  // namespace warifu::cli
