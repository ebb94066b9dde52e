#include "scan/row_batch.h"

namespace warifu::scan {

void RowBatch::Add(std::span<const std::string_view> cells, std::uint64_t line) {
  for (const std::string_view cell : cells) {
    text_.append(cell);
    ends_.push_back(text_.size());
  }
  lines_.push_back(line);
}

std::span<const std::string_view> RowBatch::Row(std::size_t row) {
  const std::size_t width = ends_.size() / lines_.size();
  row_.clear();
  std::size_t begin = row == 0 ? 0 : ends_[row * width - 1];
  for (std::size_t i = 0; i < width; ++i) {
    const std::size_t end = ends_[row * width + i];
    row_.push_back(std::string_view(text_).substr(begin, end - begin));
    begin = end;
  }
  return row_;
}

}  // namespace warifu::scan
