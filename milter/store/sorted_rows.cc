#include "store/sorted_rows.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <system_error>
#include <utility>

#include "store/history.h"
#include "store/sql.h"

namespace warifu::store {
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;
// In front of each record: the lengths of its address and of its accounts.
using Lengths = std::array<std::uint32_t, 2>;

std::uint64_t PrefixOf(std::string_view address) {
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    prefix = prefix << 8 | (i < address.size() ? static_cast<unsigned char>(address[i]) : 0U);
  }
  return prefix;
}

SortedRows::Record Decode(const char* at) {
  Lengths lengths;
  std::memcpy(lengths.data(), at, sizeof lengths);
  at += sizeof lengths;
  return {{at, lengths[0]}, {at + lengths[0], lengths[1]}};
}

bool Before(const SortedRows::Record& one, const SortedRows::Record& other) {
  if (const int order = one.address.compare(other.address); order != 0) return order < 0;
  return one.accounts < other.accounts;
}

// For the heap functions, which keep the greatest in front.
bool After(const SortedRows::Run* one, const SortedRows::Run* other) {
  return Before(other->record, one->record);
}

Accounts Split(std::string_view accounts) {
  Accounts list;
  while (!accounts.empty()) {
    const std::size_t end = accounts.find('\0');
    list.emplace_back(accounts.substr(0, end));
    accounts.remove_prefix(end + 1);
  }
  return list;
}

Error FileError() {
  const int code = errno;
  return {code == ENOSPC ? ErrorKind::kTemporary : ErrorKind::kSystem,
          "the temporary file of the import: " +
              std::error_code(code, std::generic_category()).message()};
}

}  // namespace

class SortedRows::MemoryRun final : public Run {
 public:
  MemoryRun(const std::string& arena, const std::vector<Item>& items)
      : arena_(arena), items_(items) {}
  void Rewind() override { next_ = 0; }
  bool Next() override {
    if (next_ == items_.size()) return false;
    record = Decode(arena_.data() + items_[next_++].offset);
    return true;
  }

 private:
  const std::string& arena_;
  const std::vector<Item>& items_;
  std::size_t next_ = 0;
};

class SortedRows::FileRun final : public Run {
 public:
  explicit FileRun(File file) : file_(std::move(file)) {}
  void Rewind() override {
    if (std::fseek(file_.get(), 0, SEEK_SET) != 0) Refuse();
  }
  bool Next() override {
    Lengths lengths;
    if (std::fread(lengths.data(), sizeof lengths, 1, file_.get()) != 1) {
      if (std::ferror(file_.get()) != 0) Refuse();
      return false;
    }
    buffer_.resize(std::size_t{lengths[0]} + lengths[1]);
    if (std::fread(buffer_.data(), buffer_.size(), 1, file_.get()) != 1) Refuse();
    const std::string_view bytes = buffer_;
    record = {bytes.substr(0, lengths[0]), bytes.substr(lengths[0])};
    return true;
  }

 private:
  [[noreturn]] static void Refuse() {
    const Error error = FileError();
    throw Failure(error.kind, error.text);
  }

  File file_;
  std::string buffer_;
};

SortedRows::SortedRows(std::size_t memory) : memory_(memory) {}
SortedRows::~SortedRows() = default;

Result<void> SortedRows::Add(const DirectoryRow& row) {
  ++size_;
  if (row.address.empty() || row.accounts.empty() ||
      std::ranges::find(row.accounts, "") != row.accounts.end()) {
    return Fail(ErrorKind::kInvalid,
                "row " + std::to_string(size_) + " of the directory has no address or no account");
  }
  std::string accounts;
  for (const std::string& account : Sorted(row.accounts)) {
    accounts += account;
    accounts += '\0';
  }
  const std::size_t bytes = sizeof(Lengths) + row.address.size() + accounts.size();
  if (!items_.empty() && arena_.size() + bytes + (items_.size() + 1) * sizeof(Item) > memory_) {
    if (auto spilt = Spill(); !spilt) return spilt;
  }
  items_.push_back({PrefixOf(row.address), arena_.size()});
  const Lengths lengths = {static_cast<std::uint32_t>(row.address.size()),
                           static_cast<std::uint32_t>(accounts.size())};
  arena_.append(reinterpret_cast<const char*>(lengths.data()), sizeof lengths);
  arena_ += row.address;
  arena_ += accounts;
  return {};
}

void SortedRows::Sort() {
  const auto before = [this](const Item& one, const Item& other) {
    if (one.prefix != other.prefix) return one.prefix < other.prefix;
    return Before(Decode(arena_.data() + one.offset), Decode(arena_.data() + other.offset));
  };
  // A directory often comes sorted.
  if (!std::ranges::is_sorted(items_, before)) std::ranges::sort(items_, before);
}

Result<void> SortedRows::Spill() {
  Sort();
  File file(std::tmpfile(), &std::fclose);
  if (file == nullptr) return std::unexpected(FileError());
  for (const Item& item : items_) {
    const Record record = Decode(arena_.data() + item.offset);
    const std::size_t bytes = sizeof(Lengths) + record.address.size() + record.accounts.size();
    if (std::fwrite(arena_.data() + item.offset, bytes, 1, file.get()) != 1) {
      return std::unexpected(FileError());
    }
  }
  if (std::fflush(file.get()) != 0) return std::unexpected(FileError());
  runs_.push_back(std::make_unique<FileRun>(std::move(file)));
  arena_.clear();
  items_.clear();
  return {};
}

Result<void> SortedRows::Finish() {
  Sort();
  runs_.push_back(std::make_unique<MemoryRun>(arena_, items_));
  try {
    Rewind();
  } catch (const Failure& failure) {
    return Fail(failure.kind(), failure.what());
  }
  return {};
}

void SortedRows::Rewind() {
  heap_.clear();
  for (const std::unique_ptr<Run>& run : runs_) {
    run->Rewind();
    if (run->Next()) heap_.push_back(run.get());
  }
  std::ranges::make_heap(heap_, After);
}

// Moves on from the least record.
SortedRows::Run* SortedRows::Least() {
  std::ranges::pop_heap(heap_, After);
  if (heap_.back()->Next()) {
    std::ranges::push_heap(heap_, After);
  } else {
    heap_.pop_back();
  }
  return heap_.empty() ? nullptr : heap_.front();
}

bool SortedRows::Next(DirectoryRow* row, bool* doubled) {
  *doubled = false;
  if (heap_.empty()) return false;
  const Record first = heap_.front()->record;
  row->address = first.address;
  const std::string accounts(first.accounts);
  row->accounts = Split(accounts);
  for (const Run* least = Least(); least != nullptr && least->record.address == row->address;
       least = Least()) {
    if (least->record.accounts == accounts) continue;
    *doubled = true;
    row->accounts = Union(row->accounts, Split(least->record.accounts));
  }
  return true;
}

}  // namespace warifu::store
