// RowSearch: whether the other cells of a row stand near a key of it.
//
// Internal to scan, for RecordFinder. Keeps the forms of the last region it looked at (folded,
// without blanks, its numbers and dates), since the keys of one line come together.
// Threads: one at a time.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scan/dates.h"
#include "scan/record_finder.h"

namespace warifu::scan {

// No letter or digit of ASCII on both sides, and no character is cut.
bool IsBoundary(std::string_view text, std::size_t at);

class RowSearch {
 public:
  explicit RowSearch(const RecordIndex& index) : index_(index) {}

  // Both outlive the search in them.
  void Begin(std::string_view text, const FindOptions& options) {
    text_ = text;
    options_ = &options;
    line_ = around_ = View();
  }

  // A key of `row` stands at `key`.
  std::optional<IndexMatch> Confirm(std::uint32_t row, std::size_t column, Span key);

 private:
  struct View {
    Span span;
    std::string folded, squeezed;
    std::vector<std::uint64_t> bounds;  // IsBoundary() of each place of the region, as bits
    std::vector<std::uint32_t> places;  // of the bytes of `squeezed`, and its end, in the region
    std::vector<std::uint64_t> squeezed_begins, squeezed_ends;  // where pieces of it may
    std::vector<Span> numbers;                                  // maximal runs of digits
    std::vector<DateIn> dates;
    bool has_folded = false, has_squeezed = false, has_numbers = false, has_dates = false;
  };
  struct Tally {
    int strong = 0, weak = 0;
    IndexMatch match;
    std::vector<Span> taken;
  };

  Span LinesAround(Span span, int lines) const;
  View& ViewOf(Span span, View* cached) const;
  Tally Count(std::uint32_t row, std::size_t column, Span key, View* view) const;
  std::optional<Span> FindCell(View* view, std::size_t column, std::uint64_t word,
                               const std::vector<Span>& taken) const;
  std::optional<Span> FindIn(std::string_view form, View* view, std::size_t column,
                             std::uint64_t word, const std::vector<Span>& taken) const;
  std::optional<Span> FindSqueezed(View* view, std::size_t column, std::uint64_t word,
                                   const std::vector<Span>& taken) const;
  static void Squeeze(std::string_view raw, View* view);
  std::optional<Span> FindNumber(View* view, std::size_t column, std::uint64_t word,
                                 const std::vector<Span>& taken) const;
  std::string_view Raw(const View& view) const {
    return text_.substr(view.span.begin, view.span.size());
  }

  const RecordIndex& index_;
  std::string_view text_;
  const FindOptions* options_ = nullptr;
  View line_, around_;
};

}  // namespace warifu::scan
