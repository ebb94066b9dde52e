#include "scan/index_builder.h"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <optional>
#include <type_traits>
#include <utility>

#include "base/ordered_pool.h"
#include "base/unique_fd.h"
#include "base/utf8.h"
#include "scan/index_cells.h"
#include "scan/row_batch.h"

namespace warifu::scan {
namespace {

constexpr double kDensest = 0.25;            // of a key's numbers
constexpr std::uint64_t kFilterBits = 10;    // a key cell
constexpr std::uint64_t kSlotsPer100 = 112;  // slots for 100 key cells
constexpr std::size_t kMaxName = 255;

// The rows of the index that share a value: above these it is weak, or is not looked up.
std::uint64_t WeakAbove(std::uint64_t rows) {
  return std::max<std::uint64_t>(8, rows / 1000);
}
std::uint64_t CommonAbove(std::uint64_t rows) {
  return std::max<std::uint64_t>(16, rows / 20000);
}

std::string FolderOf(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash + 1);
}

struct KeyColumn {
  std::size_t column = 0;             // of the indexed ones
  std::vector<std::uint64_t> probes;  // filter hash of each row; 0: no cell
  DigitLengths lengths{};
};

class Builder {
 public:
  Builder(const IndexSchema& schema, SipKey key, WallTime now, unsigned threads)
      : schema_(schema), indexed_(schema.Indexed()), key_(key), threads_(threads) {
    std::memcpy(head_.magic, kIndexMagic, sizeof kIndexMagic);
    head_.columns = static_cast<std::uint32_t>(indexed_.size());
    head_.built = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    columns_.resize(indexed_.size());
    for (std::size_t i = 0; i < indexed_.size(); ++i) {
      columns_[i].column = static_cast<std::uint32_t>(indexed_[i]);
      if (schema.columns[indexed_[i]].role == ColumnRole::kKey) keys_.push_back({i, {}, {}});
    }
    two_names_ = schema.account && *schema.account != schema.handle;
  }

  Result<void> Begin() {
    if (getrandom(&head_.index_id, sizeof head_.index_id, 0) != sizeof head_.index_id) {
      return Fail(ErrorKind::kSystem, std::string("getrandom: ") + std::strerror(errno));
    }
    hasher_.emplace(schema_, key_, head_.index_id);
    return {};
  }

  // Of the next rows, on any thread.
  HashedRows Hash(RowBatch rows) const { return hasher_->Hash(std::move(rows)); }

  // In the order of the table.
  void Add(HashedRows more) {
    for (std::size_t i = 0; i < columns_.size(); ++i) AddCounts(more.counts[i], &columns_[i]);
    cells_.insert(cells_.end(), more.words.begin(), more.words.end());
    for (std::size_t k = 0; k < keys_.size(); ++k) {
      for (std::size_t at = k; at < more.probes.size(); at += keys_.size()) {
        keys_[k].probes.push_back(more.probes[at]);
      }
      for (std::size_t n = 0; n < keys_[k].lengths.size(); ++n) {
        keys_[k].lengths[n] += more.digits[k][n];
      }
    }
    for (std::size_t row = 0; row < more.rows.rows(); ++row) {
      const std::span<const std::string_view> cells = more.rows.Row(row);
      AddNames(cells[schema_.handle], two_names_ ? cells[*schema_.account] : "");
    }
    head_.rows += more.rows.rows();
  }

  Result<BuiltIndex> Finish() {
    BuiltIndex built;
    ForEachColumn(
        indexed_.size(), [this](std::size_t i) { return Weigh(i); },
        [&](ColumnReport report) { built.columns.push_back(std::move(report)); });
    if (std::ranges::none_of(columns_, [](const ColumnHead& c) { return c.key != 0; })) {
      std::string text = "no key column is left:";
      for (const ColumnReport& c : built.columns) {
        if (!c.demoted.empty()) text += " " + c.name + ", " + c.demoted + ";";
      }
      text.back() = '.';
      return Fail(ErrorKind::kInvalid, text + " A rule on it would meet ordinary text");
    }
    if (names_.size() >> 32 != 0) {
      return Fail(ErrorKind::kInvalid, "the handles take more than 4 GiB: name a shorter column");
    }
    built.rows = head_.rows;
    head_.row_bits = static_cast<std::uint64_t>(std::bit_width(head_.rows));
    MakeSlots();
    MakeFilter();
    LeaveNamedColumn();
    for (std::size_t i = 0; i < indexed_.size(); ++i) built.columns[i].counts = columns_[i];
    built.bytes = Assemble();
    return built;
  }

 private:
  // Columns side by side; `take` is called in their order.
  template <typename Work, typename Take>
  void ForEachColumn(std::size_t count, const Work& work, const Take& take) {
    using Out = std::invoke_result_t<Work, std::size_t>;
    OrderedPool<std::size_t, Out> pool({threads_, count, count}, work, take);
    for (std::size_t i = 0; i < count; ++i) pool.Submit(i, 1);
    pool.Finish();
  }

  // The handle, and the account where another column has it: numbers and texts apart, while all
  // handles are numbers.
  void AddNames(std::string_view handle, std::string_view account) {
    handle = Printed(handle);
    if (numbers_) {
      const bool number = !handle.empty() && handle.size() <= 9 &&
                          (handle[0] != '0' || handle.size() == 1) &&
                          std::ranges::all_of(handle, [](char c) { return c >= '0' && c <= '9'; });
      if (!number) LeaveNumbers();
    }
    if (numbers_) {
      std::uint32_t value = 0;
      for (const char c : handle) value = value * 10 + static_cast<std::uint32_t>(c - '0');
      numbers_of_.push_back(value);
    } else {
      AddText(handle);
    }
    if (two_names_) AddText(Printed(account));
  }

  static std::string_view Printed(std::string_view name) {
    while (name.ends_with(' ')) name.remove_suffix(1);
    return ClipUtf8(name, kMaxName);
  }

  // A handle that is no number: those before it become texts.
  void LeaveNumbers() {
    numbers_ = false;
    const std::string before = std::exchange(names_, {});
    name_offsets_.clear();
    names_added_ = 0;
    std::size_t at = 0;
    for (const std::uint32_t value : numbers_of_) {
      AddText(std::to_string(value));
      if (!two_names_) continue;
      const auto length = static_cast<unsigned char>(before[at]);
      AddText(std::string_view(before).substr(at + 1, length));
      at += std::size_t{1} + length;
    }
    numbers_of_ = {};
  }

  void AddText(std::string_view name) {
    const std::size_t stride = kNamesStride * (two_names_ && !numbers_ ? 2 : 1);
    if (names_added_++ % stride == 0) {
      name_offsets_.push_back(static_cast<std::uint32_t>(names_.size()));
    }
    names_.push_back(static_cast<char>(name.size()));
    names_.append(name);
  }

  // Counts how values are shared, marks weak cells, takes common ones out of the key.
  ColumnReport Weigh(std::size_t i) {
    const IndexColumn& column = schema_.columns[indexed_[i]];
    ColumnHead& head = columns_[i];
    std::vector<std::uint64_t> words;
    words.reserve(head.present);
    for (std::size_t at = i; at < cells_.size(); at += indexed_.size()) {
      if (cells_[at] != 0) words.push_back(cells_[at] & ~kWeakCell);
    }
    std::ranges::sort(words);
    std::vector<std::uint64_t> weak, common;
    for (std::size_t at = 0; at < words.size();) {
      std::size_t end = at;
      while (end < words.size() && words[end] == words[at]) ++end;
      ++head.distinct;
      head.most = std::max<std::uint64_t>(head.most, end - at);
      if (end - at > WeakAbove(head_.rows)) weak.push_back(words[at]);
      if (end - at > CommonAbove(head_.rows)) {
        common.push_back(words[at]);
        head.common += end - at;
      }
      at = end;
    }
    if (!weak.empty()) {
      for (std::size_t at = i; at < cells_.size(); at += indexed_.size()) {
        if (std::ranges::binary_search(weak, cells_[at] & ~kWeakCell)) cells_[at] |= kWeakCell;
      }
    }
    ColumnReport report{column.name, column.role, column.type, {}, 0, 0, ""};
    if (head.present > 0) {
      report.most_share = static_cast<double>(head.most) / static_cast<double>(head.present);
    }
    const auto key = std::ranges::find(keys_, i, &KeyColumn::column);
    if (key == keys_.end()) return report;
    if (column.type == ColumnType::kDigits) report.density = Density(*key, head);
    report.demoted = WhyDemoted(head, report.density);
    head.key = report.demoted.empty() ? 1 : 0;
    if (head.key == 0) {
      key->probes = {};
    } else if (!common.empty()) {
      for (std::size_t row = 0; row < key->probes.size(); ++row) {
        const std::uint64_t word = cells_[row * indexed_.size() + i] & ~kWeakCell;
        if (std::ranges::binary_search(common, word)) key->probes[row] = 0;
      }
    }
    return report;
  }

  static double Density(const KeyColumn& key, const ColumnHead& head) {
    const auto commonest = std::ranges::max_element(key.lengths);
    if (*commonest == 0) return 0;
    const auto length = static_cast<double>(commonest - key.lengths.begin());
    const double share = static_cast<double>(*commonest) / static_cast<double>(head.present);
    return std::min(1.0, static_cast<double>(head.distinct) * share / std::pow(10.0, length));
  }

  static std::string WhyDemoted(const ColumnHead& head, double density) {
    if (head.present == 0) return "no cell of its type";
    if (density > kDensest) {
      return "its numbers fill " + std::to_string(std::lround(density * 100)) + " % of their space";
    }
    if (head.common * 2 > head.present) return "most of its cells are shared by many rows";
    return "";
  }

  void MakeSlots() {
    std::size_t size = 0;
    for (const KeyColumn& key : keys_) {
      ColumnHead& head = columns_[key.column];
      const auto cells = static_cast<std::uint64_t>(
          std::ranges::count_if(key.probes, [](std::uint64_t p) { return p != 0; }));
      head.slots_begin = size;
      head.slots = cells == 0 ? 0 : cells * kSlotsPer100 / 100 + 8;
      size += head.slots;
    }
    slots_.resize(size);
    ForEachColumn(keys_.size(), [this](std::size_t k) { return FillSlots(keys_[k]); }, [](bool) {});
  }

  bool FillSlots(const KeyColumn& key) {
    const std::uint32_t row_mask = (1u << head_.row_bits) - 1;
    const ColumnHead& head = columns_[key.column];
    for (std::size_t row = 0; row < key.probes.size(); ++row) {
      if (key.probes[row] == 0) continue;
      const std::uint64_t word = cells_[row * indexed_.size() + key.column];
      std::uint64_t at = MulHigh(word & ~std::uint64_t{0xff}, head.slots);
      while (slots_[head.slots_begin + at] != 0) at = at + 1 == head.slots ? 0 : at + 1;
      slots_[head.slots_begin + at] =
          (static_cast<std::uint32_t>(word >> 8) & ~row_mask) | static_cast<std::uint32_t>(row + 1);
    }
    return true;
  }

  void MakeFilter() {
    std::uint64_t cells = 0;
    for (const KeyColumn& key : keys_) cells += columns_[key.column].slots;
    head_.filter_blocks =
        std::max<std::uint64_t>(1, cells * 100 / kSlotsPer100 * kFilterBits / 512 + 1);
    filter_.resize(head_.filter_blocks * 8);
    for (const KeyColumn& key : keys_) {
      for (const std::uint64_t probe : key.probes) {
        if (probe == 0) continue;
        std::uint64_t* block = filter_.data() + FilterBlock(probe, head_.filter_blocks) * 8;
        for (unsigned i = 0; i < 4; ++i) {
          const unsigned bit = FilterBit(probe, i);
          block[bit / 64] |= std::uint64_t{1} << (bit % 64);
        }
      }
    }
  }

  // Where the names hold the text of a column, its fingerprints would say the same once more.
  void LeaveNamedColumn() {
    const bool handle_is_text = !numbers_;
    const std::size_t named = two_names_ ? *schema_.account : schema_.handle;
    const auto it = std::ranges::find(indexed_, named);
    if (it == indexed_.end() || (!two_names_ && !handle_is_text)) return;
    const auto column = static_cast<std::size_t>(it - indexed_.begin());
    const std::size_t width = indexed_.size();
    std::size_t at = 0;
    for (std::size_t row = 0; row < head_.rows; ++row) {
      if (two_names_ && handle_is_text)
        at += std::size_t{1} + static_cast<unsigned char>(names_[at]);
      const std::size_t length = static_cast<unsigned char>(names_[at]);
      const std::string_view text = std::string_view(names_).substr(at + 1, length);
      at += 1 + length;
      // Not the same where the text was cut, or where many rows share the value.
      if (hasher_->WordOf(column, text) != cells_[row * width + column]) return;
    }
    std::size_t to = 0;
    for (std::size_t from = 0; from < cells_.size(); ++from) {
      if (from % width != column) cells_[to++] = cells_[from];
    }
    cells_.resize(to);
    head_.named_column = column + 1;
  }

  template <typename T>
  static Section Append(std::string* out, const T* data, std::size_t count) {
    out->resize((out->size() + kBlockBytes - 1) / kBlockBytes * kBlockBytes);
    const Section section{out->size(), count * sizeof(T)};
    out->append(reinterpret_cast<const char*>(data), count * sizeof(T));
    return section;
  }

  std::string Assemble() {
    std::string out(sizeof(IndexHead), '\0');
    out.reserve(sizeof(IndexHead) + schema_.source.size() + cells_.size() * 8 + slots_.size() * 4 +
                filter_.size() * 8 + names_.size() + numbers_of_.size() * 4 +
                name_offsets_.size() * 4 + columns_.size() * sizeof(ColumnHead) + 8 * kBlockBytes);
    head_.schema = Append(&out, schema_.source.data(), schema_.source.size());
    head_.column_heads = Append(&out, columns_.data(), columns_.size());
    head_.cells = Append(&out, cells_.data(), cells_.size());
    cells_ = {};
    head_.slots = Append(&out, slots_.data(), slots_.size());
    head_.filter = Append(&out, filter_.data(), filter_.size());
    head_.handle_numbers = numbers_ ? 1 : 0;
    head_.names = Append(&out, names_.data(), names_.size());
    head_.numbers = Append(&out, numbers_of_.data(), numbers_of_.size());
    head_.name_offsets = Append(&out, name_offsets_.data(), name_offsets_.size());
    head_.file_bytes = out.size();
    head_.key_check = HashFor(key_, HashUse::kKeyCheck, head_.index_id).Of("");
    head_.body_check = HashFor(key_, HashUse::kBody, head_.index_id)
                           .Of(std::string_view(out).substr(sizeof(IndexHead)));
    const std::string_view head_bytes(reinterpret_cast<const char*>(&head_),
                                      offsetof(IndexHead, head_check));
    head_.head_check = HashFor(key_, HashUse::kHead, head_.index_id).Of(head_bytes);
    std::memcpy(out.data(), &head_, sizeof head_);
    return out;
  }

  const IndexSchema& schema_;
  const std::vector<std::size_t> indexed_;
  const SipKey key_;
  const unsigned threads_;
  IndexHead head_{};
  std::vector<ColumnHead> columns_;
  std::optional<CellHasher> hasher_;
  std::vector<KeyColumn> keys_;
  std::vector<std::uint64_t> cells_, filter_;
  std::vector<std::uint32_t> slots_, numbers_of_, name_offsets_;
  std::string names_;
  std::size_t names_added_ = 0;
  bool two_names_ = false, numbers_ = true;
};

}  // namespace

Result<BuiltIndex> BuildIndex(const IndexSchema& schema, SipKey key, RowSource& rows, WallTime now,
                              const BuildProgress& progress, unsigned threads) {
  Builder builder(schema, key, now, threads);
  if (auto begun = builder.Begin(); !begun) return std::unexpected(begun.error());
  const Result<std::uint64_t> count = ForEachBatch<HashedRows>(
      rows, threads, [&](RowBatch batch) { return builder.Hash(std::move(batch)); },
      [&](HashedRows hashed) { builder.Add(std::move(hashed)); },
      [&](std::uint64_t read) -> Result<void> {
        if (read > kMaxRows) {
          return Fail(ErrorKind::kInvalid,
                      "the table has more than " + std::to_string(kMaxRows) + " rows");
        }
        if (progress) progress(rows.done(), rows.total());
        return {};
      });
  if (!count) return std::unexpected(count.error());
  if (*count == 0) return Fail(ErrorKind::kInvalid, "the table has no rows");
  return builder.Finish();
}

Result<void> CheckIndexTarget(const std::string& path) {
  struct stat st{};
  if (stat(path.c_str(), &st) == 0 && !S_ISREG(st.st_mode)) {
    return Fail(ErrorKind::kInvalid,
                S_ISDIR(st.st_mode) ? "is a folder: name the file in it that the index goes to"
                                    : "is no regular file, and would be replaced",
                {path});
  }
  const std::string folder = FolderOf(path);
  if (access(folder.c_str(), W_OK | X_OK) != 0) {
    return Fail(ErrorKind::kSystem,
                "no file can be made in " + folder + ": " + std::strerror(errno), {path});
  }
  return {};
}

Result<void> WriteIndex(const std::string& path, std::string_view bytes, long group) {
  const auto fail = [&](const char* what) {
    return Fail(ErrorKind::kSystem, std::string(what) + ": " + std::strerror(errno), {path});
  };
  if (auto good = CheckIndexTarget(path); !good) return good;
  std::string temporary = path + ".XXXXXX";
  const UniqueFd file(mkostemp(temporary.data(), O_CLOEXEC));
  if (!file) return fail("cannot make a file beside it");
  const auto give_up = [&](const char* what) {
    const auto error = fail(what);
    unlink(temporary.c_str());
    return error;
  };
  while (!bytes.empty()) {
    const ssize_t n = write(file.get(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return give_up("cannot write");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  if (group >= 0 && fchown(file.get(), static_cast<uid_t>(-1), static_cast<gid_t>(group)) != 0) {
    return give_up("cannot give it to the group");
  }
  if (fchmod(file.get(), 0640) != 0 || fsync(file.get()) != 0) return give_up("cannot write");
  if (rename(temporary.c_str(), path.c_str()) != 0) return give_up("cannot rename");
  const UniqueFd dir(open(FolderOf(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (dir) fsync(dir.get());  // some file systems refuse; the file itself is safe
  return {};
}

}  // namespace warifu::scan
