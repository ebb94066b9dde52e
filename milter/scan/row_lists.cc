#include "scan/row_lists.h"

#include <algorithm>

namespace warifu::scan {
namespace {

constexpr int kMaxMarks = 4;             // of quoted text, before a line
constexpr std::size_t kMaxRow = 1000;    // bytes of a line
constexpr std::size_t kMaxSpaced = 200;  // of one whose cells blanks divide
constexpr int kMaxMisses = 1;            // lines in a row that are none, within a run
constexpr std::string_view kBullets[] = {"・", "●", "■", "○", "* ", "- ", "# "};
constexpr std::string_view kAsciiBullets = "*-#";  // how those of ASCII begin

bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}

// The line without blanks at its ends, marks of an enumeration before it, and commas behind.
LineFacts Bare(std::string_view text, LineFacts line) {
  while (line.begin < line.end && IsBlank(text[line.begin])) ++line.begin;
  const char first = line.begin < line.end ? text[line.begin] : ' ';
  const bool may_mark = static_cast<unsigned char>(first) >= 0x80 || kAsciiBullets.contains(first);
  for (const std::string_view bullet : kBullets) {
    if (!may_mark) break;
    if (!text.substr(line.begin, line.end - line.begin).starts_with(bullet)) continue;
    line.begin += bullet.size();
    while (line.begin < line.end && IsBlank(text[line.begin])) ++line.begin;
    break;
  }
  while (line.end > line.begin && IsBlank(text[line.end - 1])) --line.end;
  return line;
}

// Whether a line without quotes holds more cells than a row may: told by its delimiters where each
// of them divides.
bool HasMore(std::string_view text, const LineFacts& line, const DelimiterGroup& group) {
  if (group.delimiter.size() > 1 || std::string_view(" :/").contains(group.delimiter[0])) {
    return false;
  }
  const auto divides = [&](std::size_t at) {
    return at >= line.begin && at < line.end && text[at] == group.delimiter[0];
  };
  return static_cast<std::size_t>(std::ranges::count_if(line.at, divides)) >= group.max_cells;
}

}  // namespace

std::size_t BehindQuoteMarks(std::string_view text, const LineFacts& line) {
  std::size_t begin = line.begin;
  for (int i = 0; i < kMaxMarks && begin < line.end && text[begin] == '>'; ++i) {
    ++begin;
    if (begin < line.end && text[begin] == ' ') ++begin;
  }
  return begin;
}

LineFacts WithoutQuoteMarks(std::string_view text, LineFacts line) {
  line.begin = BehindQuoteMarks(text, line);
  return line;
}

bool IsRule(std::string_view line) {
  return line.find_first_not_of("-+=|: \t") == line.npos && line.contains('-');
}

RowLists::RowLists(const RowSet& set, std::string_view text, std::uint32_t* tables,
                   std::vector<FoundRow>* out)
    : set_(set), text_(text), rows_(set), tables_(tables), out_(out) {
  for (const DelimiterGroup& group : set_.lists()) {
    if (group.delimiter != " ") single_ += group.delimiter;
  }
}

// A cheap look before the line is cut: between its words stands a delimiter.
bool RowLists::MayBeRow(std::string_view line, std::size_t signs) const {
  if (line.size() > kMaxRow) return false;
  const std::size_t blank = line.find(' ');
  if (blank == line.npos) return signs > 0 || line.find(':') != line.npos;
  if (line[0] == '"' || line[0] == '\'') return true;
  const auto divides = [&](std::size_t at) {
    return at < line.size() &&
           (single_.contains(line[at]) || static_cast<unsigned char>(line[at]) >= 0x80);
  };
  if ((blank > 0 && divides(blank - 1)) ||
      divides(std::min(line.find_first_not_of(' ', blank), line.size()))) {
    return true;
  }
  return line.size() <= kMaxSpaced && line.find('@') != line.npos;
}

void RowLists::Line(const LineFacts& stated) {
  const LineFacts line = Bare(text_, stated);
  if (line.begin == line.end) return;
  const std::string_view text = text_.substr(line.begin, line.end - line.begin);
  if (!MayBeRow(text, line.signs)) return Miss();
  if (group_ != nullptr && (IsRule(text) || Reads(line, *group_))) return;
  for (const DelimiterGroup& group : set_.lists()) {
    if (line.list && &group != group_ && Reads(line, group)) return;
  }
  Miss();
}

// Whether the line is a row, or a heading, of the group's delimiter.
bool RowLists::Reads(const LineFacts& line, const DelimiterGroup& group) {
  const std::string_view text = text_.substr(line.begin, line.end - line.begin);
  if (text.find(group.delimiter) == text.npos) return false;
  if (group.has_email && text.find('@') == text.npos) return false;
  if (group_ != &group && !line.names && HasMore(text_, line, group)) return false;
  cells_.Clear();
  if (cells_.Split(text_, line.begin, line.end, group.delimiter) != line.end) return false;
  if (cells_.size() < 2) return false;
  if (line.names && group.has_header && ReadsHeader(group)) return true;
  if (ReadsCells(group)) return true;
  if (group_ != &group || cells_.size() == 2) return false;
  // In a list that goes on, a password may hold the delimiter.
  if (std::ranges::any_of(cells_.cells(), &Cell::quoted)) return false;
  while (cells_.size() > 2) cells_.PopBack();
  cells_.ExtendLast(text_, line.end);
  return ReadsCells(group);
}

bool RowLists::ReadsCells(const DelimiterGroup& group) {
  if (cells_.size() > group.max_cells) return false;
  if (group_ == &group) {
    for (const ColumnMap& map : maps_) {
      const auto row = set_.Named(map, cells_.cells());
      if (!row || cells_.size() != map.cells) continue;
      Tell(*row, true);
      return true;
    }
  }
  found_.clear();
  rows_.FindWhole(cells_.cells(), group.schemas, &found_);
  if (found_.empty()) return false;
  if (group_ != &group) {
    group_ = &group;
    maps_.clear();
    table_ = ++*tables_;
  }
  for (const RowMatch& row : found_) Tell(row, false);
  return true;
}

bool RowLists::ReadsHeader(const DelimiterGroup& group) {
  const auto named = [this](const Cell& cell) { return set_.names().MayNameSecret(cell.value); };
  if (std::ranges::none_of(cells_.cells(), named)) return false;
  std::vector<ColumnMap> maps = set_.names().ReadHeader(cells_.cells(), group.schemas);
  if (maps.empty()) return false;
  group_ = &group;
  maps_ = std::move(maps);
  table_ = ++*tables_;
  misses_ = 0;
  return true;
}

void RowLists::Tell(const RowMatch& row, bool named) {
  misses_ = 0;
  out_->push_back({set_.RuleOf(row.schema), row.match, row.secret, row.account, named, table_});
}

void RowLists::Miss() {
  if (group_ != nullptr && ++misses_ > kMaxMisses) group_ = nullptr;
}

}  // namespace warifu::scan
