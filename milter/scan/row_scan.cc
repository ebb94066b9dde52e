#include "scan/row_scan.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <tuple>

#include "scan/row_forms.h"
#include "scan/row_lists.h"

namespace warifu::scan {
namespace {

bool IsBlank(char c) {
  return c == ' ' || c == '\t';
}

bool StartsWithWord(std::string_view text, std::string_view lower) {
  return text.size() >= lower.size() &&
         std::ranges::equal(text.substr(0, lower.size()), lower,
                            [](char a, char b) { return (a | 0x20) == b; });
}

// Finds the rows of one text.
class Finder {
 public:
  Finder(const RowSet& set, const LineNeeds& needs, std::string_view text,
         std::vector<FoundRow>* out)
      : set_(set),
        needs_(needs),
        text_(text),
        rows_(set),
        lists_(set, text, &tables_, out),
        out_(out) {}

  // Looks at the text's next line. False where the one behind it need not be looked at unless it
  // has the signs of a row.
  bool Take(const LineFacts& line) {
    if (line.begin >= done_ && (line.list || lists_.GoesOn())) {
      lists_.Line(WithoutQuoteMarks(text_, line));
    }
    if (line.row || table_.active) {
      const bool enough = line.signs >= needs_.least || (line.signs > 0 && line.quote_open);
      const bool head = needs_.wide_signs || (line.names && MayHead(line));
      if (enough || head || Continues(line)) {
        Line(line, head);
      } else {
        QuietLine(line);
      }
    }
    return lists_.GoesOn() || table_.active;
  }

 private:
  // A line that holds too few delimiters: only its beginning and its braces can matter.
  void QuietLine(const LineFacts& line) {
    if (table_.active) ContinueTable(WithoutQuoteMarks(text_, line));
    if (line.opens) Json(line);
    Ldif(line);
  }

  // Whether a cell can be the name of a secret's column. Where cells may end elsewhere than at
  // delimiters, and where tabs stand beside others and may be part of a name, it need only look
  // like one.
  bool MayHead(const LineFacts& stated) const {
    if (stated.signs == 0 || set_.names().empty()) return false;
    const auto tab = [this](std::size_t at) { return text_[at] == '\t'; };
    const std::string_view line = Rest(stated);
    const bool plain =
        !line.contains('"') && !line.contains('\'') && !line.contains('(') &&
        (std::ranges::none_of(stated.at, tab) || std::ranges::all_of(stated.at, tab));
    const auto names = [&](std::size_t from, std::size_t to) {
      const std::string_view cell = text_.substr(from, to - from);
      return plain ? set_.names().NamesSecret(cell) : set_.names().MayNameSecret(cell);
    };
    std::size_t begin = BehindQuoteMarks(text_, stated);
    for (const std::size_t at : stated.at) {
      if (at >= begin && names(begin, at)) return true;
      begin = std::max(begin, at + 1);
    }
    return names(begin, stated.end);
  }

  // `head`: its cells may be names of columns.
  void Line(LineFacts line, bool head) {
    line = WithoutQuoteMarks(text_, line);
    if (table_.active) ContinueTable(line);
    if (Ldif(line)) return;
    if (line.opens) Json(line);
    if (done_ >= line.end) return;
    line.begin = std::max(line.begin, done_);
    for (const DelimiterGroup& group : set_.groups()) {
      if (Rest(line).find(group.delimiter) == std::string_view::npos) continue;
      if (group.delimiter == "," && Rest(line).contains('(') && Sql(line)) continue;
      Delimited(line, group, head);
    }
  }

  // Whether a row may go on behind this line.
  bool Continues(const LineFacts& line) const {
    if (line.signs == 0 || line.end == text_.size()) return false;
    std::size_t end = line.end;
    while (end > line.begin && text_[end - 1] == ' ') --end;
    if (end == line.begin) return false;
    const std::string_view rest = text_.substr(line.begin, end - line.begin);
    const bool date = needs_.dates && (ClassOf(rest.back()) == kDigitByte || rest.ends_with("日"));
    return date || std::ranges::any_of(set_.groups(), [&](const DelimiterGroup& group) {
             return rest.ends_with(group.delimiter);
           });
  }

  // The rows under a heading.
  struct Table {
    bool active = false;
    std::string_view delimiter;
    std::vector<ColumnMap> maps;
    std::size_t resume = 0;  // a row's quoted cell may hold line feeds
    std::uint32_t number = 0;
  };

  std::string_view Rest(const LineFacts& line) const {
    return text_.substr(line.begin, line.end - line.begin);
  }

  void Tell(const RowMatch& row) {
    out_->push_back({set_.RuleOf(row.schema), row.match, row.secret, row.account, false, 0});
  }
  void TellNamed(const std::vector<ColumnMap>& maps, const std::vector<Cell>& cells,
                 std::uint32_t table) {
    for (const ColumnMap& map : maps) {
      const auto row = set_.Named(map, cells);
      if (!row) continue;
      out_->push_back(
          {set_.RuleOf(row->schema), row->match, row->secret, row->account, true, table});
    }
  }

  // Appends the next line's cells to those of a row that is folded behind `end`; returns where that
  // line ends, or 0 when the row does not go on.
  std::size_t Join(std::size_t end, std::string_view delimiter, RowCells* cells) const {
    if (end + 1 >= text_.size() || cells->size() == 0) return 0;
    LineFacts next{.begin = end + 1, .end = std::min(text_.find('\n', end + 1), text_.size())};
    next = WithoutQuoteMarks(text_, next);
    while (next.begin < next.end && IsBlank(text_[next.begin]) &&
           text_[next.begin] != delimiter[0]) {
      ++next.begin;
    }
    if (next.begin == next.end) return 0;
    const Cell& last = cells->cells().back();
    if (last.span.empty()) {  // the line ended with a delimiter
      cells->PopBack();
    } else {
      constexpr CellShape kDate{CellType::kDate, 0, -1};
      if (last.quoted || !Has(kDate, last.value, last.classes)) return 0;
      const std::size_t cut = std::min(text_.find(delimiter, next.begin), next.end);
      cells->ExtendLast(text_, cut);
      if (cut == next.end) return next.end;
      next.begin = cut + delimiter.size();
    }
    return cells->Split(text_, next.begin, next.end, delimiter);
  }

  void Delimited(const LineFacts& line, const DelimiterGroup& group, bool head) {
    cells_.Clear();
    std::size_t end = cells_.Split(text_, line.begin, line.end, group.delimiter);
    if (head && IsHeader(line, group)) return;
    found_.clear();
    if (cells_.size() >= group.min_cells) {
      rows_.Find(cells_.cells(), cells_.size(), group.schemas, &found_);
    }
    if (Continues(line)) FindFolded(end, group);
    for (const RowMatch& row : found_) Tell(row);
  }

  // Rows that begin in the line of `cells_` and go on behind its `end`, of schemas that the line
  // alone does not hold.
  void FindFolded(std::size_t end, const DelimiterGroup& group) {
    const std::size_t own = cells_.size();
    bool joined = false;
    while (cells_.size() < own + group.max_cells &&
           (end = Join(end, group.delimiter, &cells_)) != 0) {
      joined = true;
    }
    if (!joined || cells_.size() < group.min_cells) return;
    left_.clear();
    std::ranges::copy_if(group.schemas, std::back_inserter(left_), [this](std::uint32_t schema) {
      return std::ranges::find(found_, schema, &RowMatch::schema) == found_.end();
    });
    rows_.Find(cells_.cells(), own, left_, &found_);
  }

  bool IsHeader(const LineFacts& line, const DelimiterGroup& group) {
    if (!group.has_header || !AnyName(cells_.cells())) return false;
    std::vector<ColumnMap> maps = set_.names().ReadHeader(cells_.cells(), group.schemas);
    if (maps.empty()) return false;
    table_ = {true, group.delimiter, std::move(maps), line.end + 1, ++tables_};
    return true;
  }

  bool AnyName(const std::vector<Cell>& cells) const {
    return std::ranges::any_of(cells,
                               [this](const Cell& c) { return set_.names().MayName(c.value); });
  }

  void ContinueTable(const LineFacts& line) {
    if (line.begin < table_.resume) return;
    const std::string_view rest = Rest(line);
    if (IsRule(rest)) return;
    if (rest.find(table_.delimiter) == rest.npos) {
      table_.active = false;
      return;
    }
    table_cells_.Clear();
    std::size_t end = table_cells_.Split(text_, line.begin, line.end, table_.delimiter);
    for (const ColumnMap& map : table_.maps) {
      while (table_cells_.size() < map.cells) {
        const std::size_t next = Join(end, table_.delimiter, &table_cells_);
        if (next == 0) break;
        end = next;
      }
    }
    TellNamed(table_.maps, table_cells_.cells(), table_.number);
    table_.resume = end;
  }

  // Reads every list in parentheses, those behind a list of columns by its names. True when a row
  // was among them.
  bool Sql(const LineFacts& line) {
    const std::size_t before = out_->size();
    for (std::size_t pos = std::max(line.begin, sql_done_); pos < line.end;) {
      pos = text_.substr(0, line.end).find('(', pos);
      if (pos == text_.npos) break;
      cells_.Clear();
      std::size_t end = ReadTuple(text_, pos, &cells_);
      if (end == 0) {
        ++pos;
        continue;
      }
      std::vector<ColumnMap> maps;
      if (!set_.names().empty() && AnyName(cells_.cells()))
        maps = set_.names().ReadHeader(cells_.cells(), {});
      end = SkipSpace(end);
      if (maps.empty()) {
        Tuple();
      } else if (StartsWithWord(text_.substr(end), "values")) {
        end = Values(end + 6, std::move(maps));
      } else if (StartsWithWord(text_.substr(end), "from stdin")) {
        table_ = {true, "\t", std::move(maps), line.end + 1, ++tables_};
        done_ = line.end;
      }
      pos = end;
      sql_done_ = end;
    }
    return out_->size() > before || done_ >= line.end;
  }

  void Tuple() {
    found_.clear();
    rows_.Find(cells_.cells(), cells_.size(), set_.all(), &found_);
    for (const RowMatch& row : found_) Tell(row);
  }

  // The tuples behind VALUES; returns where they end.
  std::size_t Values(std::size_t pos, std::vector<ColumnMap> maps) {
    // A dump may have a statement for each row.
    if (maps != sql_table_.maps) {
      sql_table_.maps = std::move(maps);
      sql_table_.number = ++tables_;
    }
    while ((pos = SkipSpace(pos)) < text_.size() && text_[pos] == '(') {
      cells_.Clear();
      const std::size_t end = ReadTuple(text_, pos, &cells_);
      if (end == 0) return pos + 1;
      TellNamed(sql_table_.maps, cells_.cells(), sql_table_.number);
      Tuple();
      pos = SkipSpace(end);
      if (pos >= text_.size() || text_[pos] != ',') break;
      ++pos;
    }
    done_ = std::max(done_, pos);
    return pos;
  }

  std::size_t SkipSpace(std::size_t pos) const {
    while (pos < text_.size() && (IsBlank(text_[pos]) || text_[pos] == '\n')) ++pos;
    return pos;
  }

  // Whether nothing but blanks and separators stands before the line's end.
  bool OnlySigns(std::size_t pos) const {
    pos = std::min(text_.find_first_not_of(" \t,;]}", pos), text_.size());
    return pos == text_.size() || text_[pos] == '\n';
  }

  void Json(const LineFacts& line) {
    if (json_table_ == 0) json_table_ = ++tables_;
    const OnRow on_row = [this](const std::vector<Cell>& names, const std::vector<Cell>& cells) {
      found_.clear();
      rows_.Find(cells, cells.size(), set_.all(), &found_);
      for (const RowMatch& row : found_) Tell(row);
      if (!set_.names().empty() && AnyName(names)) {
        TellNamed(set_.names().ReadHeader(names, {}), cells, json_table_);
      }
    };
    for (std::size_t pos = std::max(line.begin, json_done_); pos < line.end;) {
      pos = text_.substr(0, line.end).find_first_of("{[", pos);
      if (pos == text_.npos) break;
      bool whole = false;
      const std::size_t begin = pos;
      pos = std::max(ReadJson(text_, pos, on_row, &whole), begin + 1);
      json_done_ = pos;
      // What is one value from its first line to its last is read.
      const bool alone = text_.substr(line.begin, begin - line.begin).find_first_not_of(" \t") ==
                             std::string_view::npos &&
                         OnlySigns(pos);
      if (whole && alone) done_ = std::max(done_, pos);
    }
  }

  bool Ldif(const LineFacts& line) {
    if (!!set_.names().empty() || line.begin < ldif_done_ ||
        !StartsWithWord(text_.substr(line.begin), "dn:")) {
      return false;
    }
    names_.Clear();
    cells_.Clear();
    if (ldif_done_ == 0) ldif_table_ = ++tables_;
    ldif_done_ = ReadLdif(text_, line.begin, &names_, &cells_);
    TellNamed(set_.names().ReadHeader(names_.cells(), {}), cells_.cells(), ldif_table_);
    return true;
  }

  const RowSet& set_;
  const LineNeeds& needs_;
  std::string_view text_;
  RowFinder rows_;
  std::uint32_t tables_ = 0, ldif_table_ = 0, json_table_ = 0;
  RowLists lists_;
  RowCells cells_, table_cells_, names_;
  std::vector<RowMatch> found_;
  std::vector<std::uint32_t> left_;  // schemas
  Table table_, sql_table_;
  std::size_t done_ = 0;  // up to here the text is read as something else than delimited lines
  std::size_t sql_done_ = 0, json_done_ = 0, ldif_done_ = 0;
  std::vector<FoundRow>* out_;
};

}  // namespace

RowScan::RowScan(std::span<const RecordSource> sources, bool every_line) : set_(sources) {
  needs_ = NeedsOf(sources);
  needs_.every_line = needs_.every_line || every_line;
  signs_ = LineSigns(needs_);
}

void RowScan::Run(std::string_view text, std::vector<FoundRow>* out) const {
  if (set_.empty()) return;
  const std::size_t first = out->size();
  std::optional<Finder> finder;
  signs_.ForEach(text, [&](const LineFacts& line) {
    if (!finder) finder.emplace(set_, needs_, text, out);
    return finder->Take(line);
  });
  // One row may be met in two forms: named ones count before others.
  const auto key = [](const FoundRow& row) {
    return std::tuple(row.rule, row.secret.begin, row.secret.end, !row.named, row.match.begin);
  };
  const auto begin = out->begin() + static_cast<std::ptrdiff_t>(first);
  std::sort(begin, out->end(),
            [&](const FoundRow& a, const FoundRow& b) { return key(a) < key(b); });
  const auto same = [](const FoundRow& a, const FoundRow& b) {
    return a.rule == b.rule && a.secret == b.secret;
  };
  out->erase(std::unique(begin, out->end(), same), out->end());
}

}  // namespace warifu::scan
