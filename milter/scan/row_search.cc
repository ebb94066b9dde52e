#include "scan/row_search.h"

#include <algorithm>
#include <bit>

#include "scan/cell_normal.h"

namespace warifu::scan {
namespace {

bool IsAlnum(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\n';
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool Overlaps(Span span, const std::vector<Span>& taken) {
  return std::ranges::any_of(taken,
                             [&](Span t) { return span.begin < t.end && t.begin < span.end; });
}

// Two runs of digits are one number when a single separator stands between them.
bool Joins(std::string_view text, Span a, Span b) {
  return b.begin == a.end + 1 && IsDigitSeparator(text[a.end]);
}

void Mark(std::vector<std::uint64_t>* bits, std::size_t at) {
  (*bits)[at / 64] |= std::uint64_t{1} << (at % 64);
}

// IsBoundary() of each place, the end too. A word more, so that shifts may read on.
std::vector<std::uint64_t> Boundaries(std::string_view text) {
  std::vector<std::uint64_t> bits(text.size() / 64 + 2);
  bool last = false;  // the byte before is a letter or digit
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool alnum = IsAlnum(text[at]);
    const bool inside =
        at > 0 && ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80 || (last && alnum));
    bits[at / 64] |= static_cast<std::uint64_t>(!inside) << (at % 64);
    last = alnum;
  }
  Mark(&bits, text.size());
  return bits;
}

// Calls `take(at)` for each place in `begins` that has a place in `ends` `length` behind it, until
// it returns true.
template <typename Take>
void ForEachBounded(const std::vector<std::uint64_t>& begins,
                    const std::vector<std::uint64_t>& ends, std::size_t length, const Take& take) {
  const std::size_t skip = length / 64, shift = length % 64;
  for (std::size_t i = 0; i + skip < ends.size(); ++i) {
    std::uint64_t both = ends[i + skip] >> shift;
    if (shift != 0 && i + skip + 1 < ends.size()) both |= ends[i + skip + 1] << (64 - shift);
    for (both &= begins[i]; both != 0; both &= both - 1) {
      if (take(i * 64 + static_cast<std::size_t>(std::countr_zero(both)))) return;
    }
  }
}

}  // namespace

bool IsBoundary(std::string_view text, std::size_t at) {
  if (at == 0 || at >= text.size()) return true;
  if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) return false;
  return !(IsAlnum(text[at - 1]) && IsAlnum(text[at]));
}

Span RowSearch::LinesAround(Span span, int lines) const {
  const std::size_t least = span.begin - std::min(span.begin, kReach);
  const std::size_t most = std::min(text_.size(), span.end + kReach);
  Span out = span;
  for (int left = lines + 1; out.begin > least; --out.begin) {
    if (text_[out.begin - 1] == '\n' && --left == 0) break;
  }
  for (int left = lines + 1; out.end < most; ++out.end) {
    if (text_[out.end] == '\n' && --left == 0) break;
  }
  return out;
}

RowSearch::View& RowSearch::ViewOf(Span span, View* cached) const {
  if (!(cached->span == span)) {
    *cached = View();
    cached->span = span;
  }
  return *cached;
}

std::optional<IndexMatch> RowSearch::Confirm(std::uint32_t row, std::size_t column, Span key) {
  const int least = index_.schema().least;
  const auto enough = [least](const Tally& t) {
    return 1 + t.strong + t.weak >= least && 2 * t.strong + t.weak >= 2;
  };
  const Span line = LinesAround(key, 0);
  Tally tally = Count(row, column, key, &ViewOf(line, &line_));
  if (enough(tally)) return tally.match;
  if (!options_->around || index_.schema().window == 0) return std::nullopt;
  const Span around = LinesAround(key, index_.schema().window);
  if (around == line) return std::nullopt;
  tally = Count(row, column, key, &ViewOf(around, &around_));
  // What many rows share is met somewhere in any five lines.
  if (enough(tally) && tally.strong > 0) return tally.match;
  return std::nullopt;
}

RowSearch::Tally RowSearch::Count(std::uint32_t row, std::size_t column, Span key,
                                  View* view) const {
  Tally tally;
  tally.match = {row, key, key, std::uint32_t{1} << column};
  tally.taken.push_back(key);
  std::optional<Span> password;
  if (index_.type(column) == ColumnType::kPassword) password = key;
  for (std::size_t i = 0; i < index_.columns().size(); ++i) {
    const std::uint64_t cell = i == column ? 0 : index_.Cell(row, i);
    if (cell == 0) continue;
    if (options_->own_row && SameCell(index_.Cell(*options_->own_row, i), cell)) continue;
    const std::optional<Span> found = FindCell(view, i, cell, tally.taken);
    if (!found) continue;
    tally.taken.push_back(*found);
    ((cell & kWeakCell) != 0 ? tally.weak : tally.strong) += 1;
    tally.match.columns |= std::uint32_t{1} << i;
    tally.match.span.begin = std::min(tally.match.span.begin, found->begin);
    tally.match.span.end = std::max(tally.match.span.end, found->end);
    if (index_.type(i) == ColumnType::kPassword) password = *found;
  }
  tally.match.secret = password.value_or(tally.match.span);
  return tally;
}

std::optional<Span> RowSearch::FindCell(View* view, std::size_t column, std::uint64_t word,
                                        const std::vector<Span>& taken) const {
  switch (index_.type(column)) {
    case ColumnType::kPassword:
      return FindIn(Raw(*view), view, column, word, taken);
    case ColumnType::kLogin:
    case ColumnType::kEmail:
      if (!view->has_folded) {
        view->folded = FoldInPlace(Raw(*view));
        view->has_folded = true;
      }
      return FindIn(view->folded, view, column, word, taken);
    case ColumnType::kDigits:
      return FindNumber(view, column, word, taken);
    case ColumnType::kDate:
      if (!view->has_dates) {
        view->dates = FindDates(Raw(*view));
        view->has_dates = true;
      }
      for (const DateIn& date : view->dates) {
        const Span span{view->span.begin + date.span.begin, view->span.begin + date.span.end};
        if (SameCell(index_.Word(column, date.iso), word) && !Overlaps(span, taken)) return span;
      }
      return std::nullopt;
    case ColumnType::kName:
    case ColumnType::kFree:
      break;
  }
  return FindSqueezed(view, column, word, taken);
}

std::optional<Span> RowSearch::FindIn(std::string_view form, View* view, std::size_t column,
                                      std::uint64_t word, const std::vector<Span>& taken) const {
  if (view->bounds.empty()) view->bounds = Boundaries(form);
  const std::size_t length = word & kCellLength;
  std::optional<Span> found;
  ForEachBounded(view->bounds, view->bounds, length, [&](std::size_t at) {
    if (!SameCell(index_.Word(column, form.substr(at, length)), word)) return false;
    const Span span{view->span.begin + at, view->span.begin + at + length};
    if (!Overlaps(span, taken)) found = span;
    return found.has_value();
  });
  return found;
}

std::optional<Span> RowSearch::FindSqueezed(View* view, std::size_t column, std::uint64_t word,
                                            const std::vector<Span>& taken) const {
  const std::string_view raw = Raw(*view);
  if (!view->has_squeezed) Squeeze(raw, view);
  const std::size_t length = word & kCellLength;
  const std::string_view form = view->squeezed;
  std::optional<Span> found;
  ForEachBounded(view->squeezed_begins, view->squeezed_ends, length, [&](std::size_t at) {
    if (!SameCell(index_.Word(column, form.substr(at, length)), word)) return false;
    const Span span{view->span.begin + view->places[at],
                    view->span.begin + view->places[at + length - 1] + 1u};
    if (!Overlaps(span, taken)) found = span;
    return found.has_value();
  });
  return found;
}

// Folded and without blanks, with the places at which pieces of it may begin and end.
void RowSearch::Squeeze(std::string_view raw, View* view) {
  const std::string folded = FoldInPlace(raw);
  view->squeezed.reserve(folded.size());
  view->places.reserve(folded.size());
  for (std::size_t i = 0; i < folded.size(); ++i) {
    if (IsBlank(folded[i])) continue;
    view->squeezed.push_back(folded[i]);
    view->places.push_back(static_cast<std::uint32_t>(i));
  }
  view->squeezed_begins.assign(view->places.size() / 64 + 2, 0);
  view->squeezed_ends = view->squeezed_begins;
  for (std::size_t at = 0; at < view->places.size(); ++at) {
    if (IsBoundary(raw, view->places[at])) Mark(&view->squeezed_begins, at);
    if (IsBoundary(raw, view->places[at] + 1u)) Mark(&view->squeezed_ends, at + 1);
  }
  view->has_squeezed = true;
}

std::optional<Span> RowSearch::FindNumber(View* view, std::size_t column, std::uint64_t word,
                                          const std::vector<Span>& taken) const {
  const std::string_view raw = Raw(*view);
  if (!view->has_numbers) {
    for (std::size_t at = 0; at < raw.size(); ++at) {
      if (!IsDigit(raw[at])) continue;
      const std::size_t begin = at;
      while (at < raw.size() && IsDigit(raw[at])) ++at;
      view->numbers.push_back({begin, at});
    }
    view->has_numbers = true;
  }
  const std::size_t length = word & kCellLength;
  const std::vector<Span>& runs = view->numbers;
  for (std::size_t first = 0; first < runs.size(); ++first) {
    std::string digits;
    for (std::size_t last = first; last < runs.size(); ++last) {
      if (last > first && !Joins(raw, runs[last - 1], runs[last])) break;
      digits.append(raw.substr(runs[last].begin, runs[last].size()));
      if (digits.size() > length) break;
      if (digits.size() < length) continue;
      if (!SameCell(index_.Word(column, digits), word)) break;
      const Span span{view->span.begin + runs[first].begin, view->span.begin + runs[last].end};
      if (!Overlaps(span, taken)) return span;
    }
  }
  return std::nullopt;
}

}  // namespace warifu::scan
