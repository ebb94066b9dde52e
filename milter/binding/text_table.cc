// A directory in memory: rows back to back in one string, found by open addressing.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "binding/directory.h"
#include "binding/table_keys.h"
#include "binding/table_lines.h"

namespace warifu::binding {
namespace {

// A broken file of a million rows is not worth a million messages.
constexpr std::size_t kMaxErrors = 100;

// Key → owners. Both are stored as "key NUL owner NUL owner NUL … NUL".
class RowTable {
 public:
  enum class Added { kNew, kSame, kConflict, kFull };

  // `*row`: the row of that key, new or not.
  Added Add(std::string_view key, const std::vector<std::string>& owners, std::uint32_t* row) {
    if (2 * (rows_.size() + 1) > slots_.size()) Grow();
    const std::uint32_t hash = Hash(key);
    const std::size_t slot = Find(key, hash);
    if (slots_[slot].row != 0) {
      *row = slots_[slot].row - 1;
      return OwnersAt(*row) == owners ? Added::kSame : Added::kConflict;
    }
    if (text_.size() + key.size() > std::numeric_limits<std::uint32_t>::max() / 2) {
      return Added::kFull;
    }
    *row = static_cast<std::uint32_t>(rows_.size());
    rows_.push_back(static_cast<std::uint32_t>(text_.size()));
    slots_[slot] = {*row + 1, hash};
    text_ += key;
    text_ += '\0';
    for (const std::string& owner : owners) {
      text_ += owner;
      text_ += '\0';
    }
    text_ += '\0';
    return Added::kNew;
  }

  // False when there is no such key.
  bool Get(std::string_view key, std::vector<std::string>* owners) const {
    if (slots_.empty()) return false;
    const Slot& slot = slots_[Find(key, Hash(key))];
    if (slot.row == 0) return false;
    *owners = OwnersAt(slot.row - 1);
    return true;
  }

  void Shrink() {
    text_.shrink_to_fit();
    rows_.shrink_to_fit();
  }
  std::size_t size() const { return rows_.size(); }
  std::string_view KeyAt(std::size_t row) const { return text_.c_str() + rows_[row]; }
  std::vector<std::string> OwnersAt(std::size_t row) const {
    std::vector<std::string> owners;
    std::string_view owner = KeyAt(row);
    while (true) {
      owner = owner.data() + owner.size() + 1;
      if (owner.empty()) return owners;
      owners.emplace_back(owner);
    }
  }

 private:
  struct Slot {
    std::uint32_t row = 0;  // + 1; 0 is free
    std::uint32_t hash = 0;
  };

  static std::uint32_t Hash(std::string_view key) {
    const std::uint64_t hash = std::hash<std::string_view>()(key);
    return static_cast<std::uint32_t>(hash ^ (hash >> 32));
  }

  // The slot of the key, or the free one where it would go.
  std::size_t Find(std::string_view key, std::uint32_t hash) const {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = hash & mask;
    while (slots_[at].row != 0) {
      if (slots_[at].hash == hash && KeyAt(slots_[at].row - 1) == key) break;
      at = (at + 1) & mask;
    }
    return at;
  }

  void Grow() {
    std::vector<Slot> old(std::max<std::size_t>(1024, 2 * slots_.size()));
    old.swap(slots_);
    const std::size_t mask = slots_.size() - 1;
    for (const Slot& slot : old) {
      if (slot.row == 0) continue;
      std::size_t at = slot.hash & mask;
      while (slots_[at].row != 0) at = (at + 1) & mask;
      slots_[at] = slot;
    }
  }

  std::string text_;
  std::vector<std::uint32_t> rows_;  // where each row begins in text_
  std::vector<Slot> slots_;          // a power of two, at most half full
};

class TextTable final : public Directory {
 public:
  TextTable(RowTable rows, std::vector<std::string> local_domains)
      : rows_(std::move(rows)), local_domains_(std::move(local_domains)) {
    std::ranges::sort(local_domains_);
  }

  Owners OwnersOf(const Address& address) const override {
    Owners out;
    if (address.empty()) return out;
    const bool found = Ask(address, address.domain, &out) ||
                       (IsLocalDomain(address.domain) && Ask(address, "", &out));
    if (found || address.domain.empty()) return out;
    out.by_domain = Get(Key("", "", address.domain), &out);
    return out;
  }

  std::size_t size() const override { return rows_.size(); }
  std::string Describe() const override { return std::to_string(rows_.size()) + " rows"; }

  Result<store::DirectoryRows> Rows(const AddressOptions& options) const override {
    auto reader = std::make_shared<RowReader>(options, local_domains_);
    return [this, reader, at = std::size_t{0}](store::DirectoryRow* row) mutable -> Result<bool> {
      while (!reader->Next(row)) {
        if (at == rows_.size()) return false;
        Add(at++, reader.get());
      }
      return true;
    };
  }

 private:
  // A bare name steps back behind a row of its own in one of the domains.
  void Add(std::size_t row, RowReader* reader) const {
    const std::string_view key = rows_.KeyAt(row);
    if (key.contains('@')) return reader->Add(key, rows_.OwnersAt(row));
    std::vector<std::string> other;
    for (const std::string& domain : local_domains_) {
      const std::string whole = Key(key, "", domain);
      if (!rows_.Get(whole, &other)) reader->Add(whole, rows_.OwnersAt(row));
    }
  }

  bool Ask(const Address& address, std::string_view domain, Owners* out) const {
    if (!address.sub_address.empty() && Get(Key(address.local, address.sub_address, domain), out)) {
      return true;
    }
    return Get(Key(address.local, "", domain), out);
  }

  bool Get(std::string_view key, Owners* out) const {
    if (!rows_.Get(key, &out->accounts)) return false;
    out->status = Lookup::kFound;
    return true;
  }

  bool IsLocalDomain(std::string_view domain) const {
    return !domain.empty() && std::ranges::binary_search(local_domains_, domain);
  }

  RowTable rows_;
  std::vector<std::string> local_domains_;
};

class Loader {
 public:
  explicit Loader(const std::string& path) : path_(path) {}

  void Read(std::string_view text) {
    ForEachTableLine(text, [this](const TableLine& line) { Add(line); });
    if (dropped_ > 0) {
      errors_.push_back(
          {ErrorKind::kInvalid, "and " + std::to_string(dropped_) + " more errors", {path_}});
    }
    rows_.Shrink();
  }

  Errors& errors() { return errors_; }
  RowTable& rows() { return rows_; }

 private:
  void Add(const TableLine& line) {
    if (!line.error.empty()) return Complain(line.line, line.error);
    if (line.key.ends_with(':')) {
      return Complain(line.line, "the address ends in a colon, as in an aliases file");
    }
    const Result<std::string> key = CanonicalKey(line.key);
    if (!key) return Complain(line.line, key.error().text);
    const std::vector<std::string> owners = SplitOwners(line.value);
    if (owners.empty()) return Complain(line.line, "no account stands behind the address");
    std::uint32_t row = 0;
    switch (rows_.Add(*key, owners, &row)) {
      case RowTable::Added::kNew:
        lines_.push_back(line.line);
        return;
      case RowTable::Added::kSame:
        return;
      case RowTable::Added::kConflict:
        return Complain(line.line, "the address stands in line " + std::to_string(lines_[row]) +
                                       " already, with other accounts; put them on one line");
      case RowTable::Added::kFull:
        return Complain(line.line, "the table is too large");
    }
  }

  void Complain(int line, std::string text) {
    if (errors_.size() < kMaxErrors) {
      errors_.push_back({ErrorKind::kInvalid, std::move(text), {path_, line}});
    } else {
      ++dropped_;
    }
  }

  const std::string& path_;
  RowTable rows_;
  std::vector<int> lines_;  // of each row, for messages
  Errors errors_;
  std::size_t dropped_ = 0;
};

}  // namespace

std::expected<std::unique_ptr<const Directory>, Errors> OpenTextTable(
    const std::string& path, const std::vector<std::string>& local_domains) {
  const Result<std::string> text = ReadTableFile(path);
  if (!text) return std::unexpected(Errors{text.error()});
  Loader loader(path);
  loader.Read(*text);
  if (!loader.errors().empty()) return std::unexpected(std::move(loader.errors()));
  return std::make_unique<TextTable>(std::move(loader.rows()), local_domains);
}

}  // namespace warifu::binding
