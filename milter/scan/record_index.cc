#include "scan/record_index.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/unique_fd.h"
#include "scan/cell_normal.h"
#include "scan/record_key.h"

namespace warifu::scan {
namespace {

std::unexpected<Error> Broken(const std::string& name, const std::string& what) {
  return Fail(ErrorKind::kInvalid, what, {name});
}

constexpr const char* kRebuild = "; build it again with warifu records index";

}  // namespace

RecordIndex::~RecordIndex() {
  if (mapped_) munmap(const_cast<char*>(base_), size_);
}

Result<std::shared_ptr<const RecordIndex>> RecordIndex::Open(const std::string& path, SipKey key) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK));
  struct stat st{};
  if (!file || fstat(file.get(), &st) != 0) {
    return Fail(errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kSystem,
                std::string("cannot open the record index: ") + std::strerror(errno), {path});
  }
  if (auto trusted = CheckTrusted(file.get(), path, "the record index"); !trusted) {
    return std::unexpected(trusted.error());
  }
  if (st.st_size < static_cast<off_t>(sizeof(IndexHead))) {
    return Broken(path, "this is no record index: it is too short");
  }
  const auto size = static_cast<std::size_t>(st.st_size);
  void* base = mmap(nullptr, size, PROT_READ, MAP_SHARED | MAP_POPULATE, file.get(), 0);
  if (base == MAP_FAILED) {
    return Fail(ErrorKind::kSystem, std::string("cannot map: ") + std::strerror(errno), {path});
  }
  std::shared_ptr<RecordIndex> index(new RecordIndex);
  index->base_ = static_cast<const char*>(base);
  index->size_ = size;
  index->mapped_ = true;
  if (auto taken = index->Take(key, path); !taken) return std::unexpected(taken.error());
  return index;
}

Result<std::shared_ptr<const RecordIndex>> RecordIndex::FromBytes(std::string bytes, SipKey key) {
  std::shared_ptr<RecordIndex> index(new RecordIndex);
  index->bytes_ = std::move(bytes);
  index->base_ = index->bytes_.data();
  index->size_ = index->bytes_.size();
  if (index->size_ < sizeof(IndexHead)) {
    return Broken("", "this is no record index: it is too short");
  }
  if (auto taken = index->Take(key, ""); !taken) return std::unexpected(taken.error());
  return index;
}

Result<void> RecordIndex::Take(SipKey key, const std::string& name) {
  head_ = reinterpret_cast<const IndexHead*>(base_);
  if (std::memcmp(head_->magic, kIndexMagic, sizeof kIndexMagic) != 0) {
    return Broken(name, "this is no record index");
  }
  if (head_->version != kIndexVersion) {
    return Broken(name, "this index is of version " + std::to_string(head_->version) +
                            ", and this program reads version " + std::to_string(kIndexVersion) +
                            "; build it again: warifu records index --output " +
                            (name.empty() ? "FILE" : name) + " SCHEMA TABLE");
  }
  if (head_->key_check != HashFor(key, HashUse::kKeyCheck, head_->index_id).Of("")) {
    return Broken(name, "this index was built with another key, or its head is damaged");
  }
  const std::string_view head_bytes(base_, offsetof(IndexHead, head_check));
  if (head_->head_check != HashFor(key, HashUse::kHead, head_->index_id).Of(head_bytes)) {
    return Broken(name, std::string("the head of this index is damaged") + kRebuild);
  }
  if (head_->file_bytes != size_) {
    return Broken(name, "this index is cut: " + std::to_string(size_) + " bytes of " +
                            std::to_string(head_->file_bytes) + kRebuild);
  }
  const std::string_view body(base_ + sizeof(IndexHead), size_ - sizeof(IndexHead));
  if (head_->body_check != HashFor(key, HashUse::kBody, head_->index_id).Of(body)) {
    return Broken(name, std::string("this index is damaged") + kRebuild);
  }
  if (auto good = CheckSections(name); !good) return good;
  columns_ = reinterpret_cast<const ColumnHead*>(base_ + head_->column_heads.begin);
  cells_ = reinterpret_cast<const std::uint64_t*>(base_ + head_->cells.begin);
  slots_ = reinterpret_cast<const std::uint32_t*>(base_ + head_->slots.begin);
  filter_ = reinterpret_cast<const std::uint64_t*>(base_ + head_->filter.begin);
  filter_hash_ = HashFor(key, HashUse::kFilter, head_->index_id);
  for (std::uint32_t i = 0; i < head_->columns; ++i) {
    hashes_.push_back(HashFor(key, HashUse::kCell, head_->index_id, i));
  }
  return TakeSchema(name);
}

// Behind the checksums this guards against a builder's defect alone, but costs nothing.
Result<void> RecordIndex::CheckSections(const std::string& name) const {
  const IndexHead& h = *head_;
  const std::uint64_t offsets = (h.rows + kNamesStride - 1) / kNamesStride * 4;
  const bool fits =
      h.columns > 0 && h.columns <= kMaxIndexed && h.rows <= kMaxRows && h.row_bits > 0 &&
      h.row_bits <= 29 && (h.rows >> h.row_bits) == 0 &&
      h.column_heads.size == h.columns * sizeof(ColumnHead) && h.named_column <= h.columns &&
      h.cells.size == h.rows * (h.columns - (h.named_column != 0 ? 1 : 0)) * 8 &&
      h.filter_blocks > 0 && h.filter.size == h.filter_blocks * kBlockBytes &&
      (h.handle_numbers == 0 || h.numbers.size == h.rows * 4) &&
      (h.name_offsets.size == offsets || (h.handle_numbers != 0 && h.name_offsets.size == 0));
  bool inside = fits;
  for (const Section& s :
       {h.schema, h.column_heads, h.cells, h.slots, h.filter, h.names, h.name_offsets, h.numbers}) {
    inside = inside && s.begin <= size_ && s.size <= size_ - s.begin && s.begin % 8 == 0;
  }
  if (inside) {
    const auto* columns = reinterpret_cast<const ColumnHead*>(base_ + h.column_heads.begin);
    for (std::uint32_t i = 0; i < h.columns; ++i) {
      const ColumnHead& c = columns[i];
      inside = inside && c.slots <= h.slots.size / 4 && c.slots_begin <= h.slots.size / 4 - c.slots;
    }
  }
  if (inside) return {};
  return Broken(name, std::string("the sections of this index do not fit together") + kRebuild);
}

Result<void> RecordIndex::TakeSchema(const std::string& name) {
  auto schema = ParseIndexSchema(std::string(base_ + head_->schema.begin, head_->schema.size),
                                 name.empty() ? "schema" : name);
  if (!schema) {
    Error error = schema.error().front();
    error.text = "the schema in this index: " + error.text;
    error.place = {name};
    return std::unexpected(std::move(error));
  }
  schema_ = *std::move(schema);
  for (const ColumnHead& column : columns()) {
    if (column.column >= schema_.columns.size()) {
      return Broken(name, std::string("this index does not fit its schema") + kRebuild);
    }
    types_.push_back(schema_.columns[column.column].type);
  }
  return {};
}

std::string_view RecordIndex::Name(std::uint32_t row, bool account, std::string* buffer) const {
  if (row >= head_->rows) return "";
  const char* names = base_ + head_->names.begin;
  const bool two_names = schema_.account && *schema_.account != schema_.handle;
  if (head_->handle_numbers != 0 && !(account && two_names)) {
    std::uint32_t number = 0;
    std::memcpy(&number, base_ + head_->numbers.begin + std::size_t{row} * 4, 4);
    *buffer = std::to_string(number);
    return *buffer;
  }
  if (head_->name_offsets.size == 0) return "";
  std::uint32_t at = 0;
  std::memcpy(&at, base_ + head_->name_offsets.begin + row / kNamesStride * 4, 4);
  const unsigned per_row = two_names && head_->handle_numbers == 0 ? 2 : 1;
  std::size_t skip = row % kNamesStride * per_row + (account && per_row == 2 ? 1 : 0);
  const std::size_t end = head_->names.size;
  const auto length = [&](std::size_t pos) {
    return std::size_t{static_cast<unsigned char>(names[pos])};
  };
  std::size_t pos = at;
  for (; skip > 0 && pos < end; --skip) pos += 1 + length(pos);
  if (pos >= end || length(pos) > end - pos - 1) return "";
  return {names + pos + 1, length(pos)};
}

// As the builder made it, which has compared the two.
std::uint64_t RecordIndex::NamedCell(std::uint32_t row) const {
  const std::size_t column = head_->named_column - 1;
  const std::size_t in_schema = columns_[column].column;
  std::string buffer;
  const bool account = schema_.account && *schema_.account == in_schema;
  const std::string normal = NormalCell(types_[column], Name(row, account, &buffer));
  if (normal.empty() || normal.size() > kMaxCellBytes) return 0;
  return Word(column, normal) | (IsOneCharacter(normal) ? kWeakCell : 0);
}

std::string_view RecordIndex::Handle(std::uint32_t row, std::string* buffer) const {
  return Name(row, false, buffer);
}

std::string_view RecordIndex::Account(std::uint32_t row, std::string* buffer) const {
  return Name(row, true, buffer);
}

}  // namespace warifu::scan
