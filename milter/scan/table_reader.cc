#include "scan/table_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "base/nearest.h"
#include "base/redact.h"
#include "base/unicode_text.h"
#include "base/unique_fd.h"
#include "base/utf8.h"

namespace warifu::scan {
namespace {

constexpr std::size_t kBlock = 1u << 20;
constexpr std::size_t kMaxRecord = 4u << 20;
constexpr std::string_view kBom = "\xEF\xBB\xBF";

int ClipLine(std::uint64_t line) {
  return static_cast<int>(std::min<std::uint64_t>(line, std::numeric_limits<int>::max()));
}

class FileTable final : public RowSource {
 public:
  FileTable(const IndexSchema& schema, std::string path)
      : schema_(schema), path_(std::move(path)), utf8_(IsUtf8Name(schema.charset)) {}

  Result<void> Open() {
    fd_.Reset(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    struct stat st{};
    if (!fd_ || fstat(fd_.get(), &st) != 0) {
      return Fail(errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kSystem,
                  std::string("cannot open: ") + std::strerror(errno), {path_});
    }
    if (!S_ISREG(st.st_mode)) {
      return Fail(ErrorKind::kInvalid, "not a regular file, and a table is read twice", {path_});
    }
    size_ = static_cast<std::uint64_t>(st.st_size);
    return Rewind();
  }

  Result<bool> Next(std::span<const std::string_view>* cells) override {
    Result<bool> more = Record();
    if (!more || !*more) return more;
    if (record_.size() != width_) {
      return Bad("this row has " + std::to_string(record_.size()) + " cells, not " +
                 std::to_string(width_) + " (see its delimiter and quotes)");
    }
    for (std::size_t i = 0; i < places_.size(); ++i) {
      cells_[i] = places_[i] == kAbsent ? std::string_view() : record_[places_[i]];
    }
    *cells = cells_;
    return true;
  }

  const std::vector<std::string>& header() const { return header_; }

  std::uint64_t line() const override { return line_; }
  std::uint64_t done() const override { return read_; }
  std::uint64_t total() const override { return size_; }

  Result<void> Rewind() override {
    if (lseek(fd_.get(), 0, SEEK_SET) != 0) {
      return Fail(ErrorKind::kSystem, std::string("seek: ") + std::strerror(errno), {path_});
    }
    raw_.clear();
    text_.clear();
    at_ = read_ = line_ = 0;
    next_line_ = 1;
    ended_ = false;
    return ReadHeader();
  }

 private:
  static bool IsUtf8Name(std::string_view name) {
    const std::string lower = AsciiLower(name);
    return lower == "utf-8" || lower == "utf8" || lower == "us-ascii";
  }

  std::unexpected<Error> Bad(std::string text) const {
    return Fail(ErrorKind::kInvalid, std::move(text), {path_, ClipLine(line_)});
  }

  Result<void> ReadHeader() {
    width_ = schema_.columns.size();
    cells_.resize(width_);
    places_.resize(width_);
    for (std::size_t i = 0; i < width_; ++i) places_[i] = i;
    if (!schema_.header) return {};
    const Result<bool> more = Record();
    if (!more) return std::unexpected(more.error());
    if (!*more) return Fail(ErrorKind::kInvalid, "the table has no header line", {path_, 1});
    auto places = MatchColumns(schema_, record_);
    if (!places) {
      places.error().place = {path_, ClipLine(line_)};
      return std::unexpected(places.error());
    }
    places_ = *std::move(places);
    header_.assign(record_.begin(), record_.end());
    width_ = record_.size();
    return {};
  }

  // One record into record_; false at the end of the table.
  Result<bool> Record() {
    for (;;) {
      switch (Cut()) {
        case Cutting::kRecord:
          return true;
        case Cutting::kBadQuote:
          return Bad("text stands behind a closing quote");
        case Cutting::kMore:
          break;
      }
      if (ended_) {
        if (at_ >= text_.size()) return false;
        return Bad("a quote is opened here and never closed");
      }
      if (text_.size() - at_ > kMaxRecord) return Bad("a record longer than 4 MiB");
      if (Result<void> filled = Fill(); !filled) return std::unexpected(filled.error());
    }
  }

  enum class Cutting { kRecord, kMore, kBadQuote };

  // Cuts the record at at_ into cells; kMore where its end is not in text_.
  Cutting Cut() {
    while (at_ < text_.size() && (text_[at_] == '\n' || text_[at_] == '\r')) {
      next_line_ += text_[at_++] == '\n';
    }
    line_ = next_line_;
    record_.clear();
    unquoted_.clear();
    std::size_t pos = at_;
    std::uint64_t lines = 0;
    for (;;) {
      if (pos < text_.size() && schema_.quoting && text_[pos] == '"') {
        const Cutting cut = CutQuoted(&pos, &lines);
        if (cut != Cutting::kRecord) return cut;
      } else {
        const std::size_t begin = pos;
        while (pos < text_.size() && text_[pos] != schema_.delimiter && text_[pos] != '\n') ++pos;
        const bool line_end = pos < text_.size() && text_[pos] == '\n';
        std::size_t end = pos;
        if ((line_end || pos == text_.size()) && end > begin && text_[end - 1] == '\r') --end;
        record_.emplace_back(text_.data() + begin, end - begin);
      }
      if (pos >= text_.size()) {
        if (!ended_ || at_ == pos) return Cutting::kMore;
        return Finish(pos, lines);
      }
      if (text_[pos] == '\n') return Finish(pos + 1, lines + 1);
      ++pos;  // the delimiter
    }
  }

  Cutting Finish(std::size_t end, std::uint64_t lines) {
    at_ = end;
    next_line_ = line_ + lines;
    return Cutting::kRecord;
  }

  // A cell in quotes; `*pos` goes from its opening quote to the delimiter or line end behind it.
  Cutting CutQuoted(std::size_t* pos, std::uint64_t* lines) {
    std::size_t at = *pos + 1;
    const std::size_t begin = at;
    bool doubled = false;
    for (;; ++at) {
      const std::size_t quote = text_.find('"', at);
      if (quote == std::string::npos) return Cutting::kMore;
      at = quote;
      if (at + 1 < text_.size() && text_[at + 1] == '"') {
        doubled = true;
        ++at;
        continue;
      }
      if (at + 1 >= text_.size() && !ended_) return Cutting::kMore;
      break;
    }
    const std::string_view inside(text_.data() + begin, at - begin);
    *lines += static_cast<std::uint64_t>(std::ranges::count(inside, '\n'));
    record_.push_back(doubled ? Undouble(inside) : inside);
    ++at;
    if (at < text_.size() && text_[at] == '\r' &&
        (at + 1 >= text_.size() || text_[at + 1] == '\n')) {
      if (at + 1 >= text_.size() && !ended_) return Cutting::kMore;
      ++at;
    }
    if (at < text_.size() && text_[at] != schema_.delimiter && text_[at] != '\n') {
      return Cutting::kBadQuote;
    }
    *pos = at;
    return Cutting::kRecord;
  }

  std::string_view Undouble(std::string_view inside) {
    auto text = std::make_unique<std::string>();
    text->reserve(inside.size());
    for (std::size_t i = 0; i < inside.size(); ++i) {
      text->push_back(inside[i]);
      if (inside[i] == '"') ++i;
    }
    unquoted_.push_back(std::move(text));
    return *unquoted_.back();
  }

  // More of the file behind what is left of text_.
  Result<void> Fill() {
    text_.erase(0, at_);
    at_ = 0;
    const std::size_t before = raw_.size();
    raw_.resize(before + kBlock);
    std::size_t got = 0;
    while (got < kBlock) {
      const ssize_t n = read(fd_.get(), raw_.data() + before + got, kBlock - got);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) {
        return Fail(ErrorKind::kSystem, std::string("cannot read: ") + std::strerror(errno),
                    {path_});
      }
      if (n == 0) break;
      got += static_cast<std::size_t>(n);
    }
    raw_.resize(before + got);
    const bool first = read_ == 0;
    read_ += got;
    ended_ = got < kBlock;
    // No charset of a table writes a line feed inside of a character: whole lines are converted.
    std::size_t cut = raw_.size();
    if (!ended_) {
      const std::size_t feed = raw_.rfind('\n');
      cut = feed == std::string::npos ? 0 : feed + 1;
      if (cut == 0 && raw_.size() > kMaxRecord) return Bad("a line longer than 4 MiB");
    }
    std::string_view lines(raw_.data(), cut);
    if (first && lines.starts_with(kBom)) lines.remove_prefix(kBom.size());
    if (Result<void> done = Convert(lines); !done) return done;
    raw_.erase(0, cut);
    return {};
  }

  Result<void> Convert(std::string_view lines) {
    if (utf8_) {
      if (!IsUtf8(lines)) return NotOfCharset(lines);
      text_.append(lines);
      return {};
    }
    const Result<std::string> text = ToUtf8Strict(lines, schema_.charset);
    if (text) {
      text_.append(*text);
      return {};
    }
    if (text.error().kind == ErrorKind::kNotFound) {
      return Fail(ErrorKind::kInvalid,
                  "charset: '" + Printable(schema_.charset, 40) + "' is not known", {path_});
    }
    return NotOfCharset(lines);
  }

  // The error for the first line of a block that is not of the charset.
  Result<void> NotOfCharset(std::string_view lines) {
    line_ = next_line_ + static_cast<std::uint64_t>(std::count(text_.begin(), text_.end(), '\n'));
    while (!lines.empty()) {
      const std::size_t feed = lines.find('\n');
      const std::string_view line = lines.substr(0, feed == lines.npos ? lines.size() : feed + 1);
      const bool good = utf8_ ? IsUtf8(line) : ToUtf8Strict(line, schema_.charset).has_value();
      if (!good) break;
      ++line_;
      lines.remove_prefix(line.size());
    }
    return Bad("this line is not " + Printable(schema_.charset, 40) +
               ": the schema's charset names another");
  }

  const IndexSchema& schema_;
  const std::string path_;
  const bool utf8_;
  UniqueFd fd_;
  std::uint64_t size_ = 0, read_ = 0, line_ = 0, next_line_ = 1;
  bool ended_ = false;
  std::string raw_;   // read and not yet converted
  std::string text_;  // converted; records begin at at_
  std::size_t at_ = 0, width_ = 0;
  std::vector<std::string_view> record_, cells_;
  std::vector<std::unique_ptr<std::string>> unquoted_;
  std::vector<std::size_t> places_;  // of the schema's columns
  std::vector<std::string> header_;
};

}  // namespace

Result<std::vector<std::size_t>> MatchColumns(const IndexSchema& schema,
                                              std::span<const std::string_view> names) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < schema.columns.size(); ++i) {
    const IndexColumn& column = schema.columns[i];
    const auto it = std::ranges::find(names, std::string_view(column.name));
    const bool needed = column.role != ColumnRole::kIgnore || i == schema.handle ||
                        (schema.account && i == *schema.account);
    if (it == names.end() && needed) {
      return Fail(ErrorKind::kInvalid, "the table has no column '" + Printable(column.name) + "'" +
                                           DidYouMean(column.name, names));
    }
    places.push_back(it == names.end() ? kAbsent : static_cast<std::size_t>(it - names.begin()));
  }
  return places;
}

Result<IndexSchema> WithAllColumns(IndexSchema schema, const std::string& path) {
  FileTable table(schema, path);
  if (Result<void> opened = table.Open(); !opened) return std::unexpected(opened.error());
  std::vector<IndexColumn> more;
  for (const std::string& name : table.header()) {
    const auto known = [&](const IndexColumn& c) { return c.name == name; };
    if (std::ranges::none_of(schema.columns, known)) more.push_back({name});
  }
  std::ranges::move(more, std::back_inserter(schema.columns));
  return schema;
}

Result<std::unique_ptr<RowSource>> OpenTable(const IndexSchema& schema, const std::string& path) {
  auto table = std::make_unique<FileTable>(schema, path);
  if (Result<void> opened = table->Open(); !opened) return std::unexpected(opened.error());
  return table;
}

}  // namespace warifu::scan
