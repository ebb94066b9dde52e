#include "cli/mbox.h"

#include <algorithm>
#include <utility>

namespace warifu::cli {
namespace {

// Lines longer than this are passed on in pieces; no separator is that long.
constexpr std::size_t kMaxLine = 4096;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// ">From ", ">>From ", …
bool IsQuotedFrom(std::string_view line) {
  const std::size_t marks = std::min(line.find_first_not_of('>'), line.size());
  return marks > 0 && line.substr(marks).starts_with("From ");
}

}  // namespace

bool MboxSplitter::IsSeparator(std::string_view line) {
  if (!line.starts_with("From ")) return false;
  for (std::size_t i = 5; i + 4 < line.size(); ++i) {
    if (line[i + 2] == ':' && IsDigit(line[i]) && IsDigit(line[i + 1]) && IsDigit(line[i + 3]) &&
        IsDigit(line[i + 4])) {
      return true;
    }
  }
  return false;
}

bool MboxSplitter::Push(std::string_view chunk) {
  while (!chunk.empty()) {
    const std::size_t eol = chunk.find('\n');
    const bool whole = eol != std::string_view::npos;
    const std::string_view piece = chunk.substr(0, whole ? eol + 1 : chunk.size());
    chunk.remove_prefix(piece.size());
    if (whole && pending_.empty()) {
      if (!Line(piece, true)) return false;
      continue;
    }
    pending_ += piece;
    if (!whole && pending_.size() < kMaxLine) return true;
    const bool more = Line(pending_, whole);
    pending_.clear();
    if (!more) return false;
  }
  return true;
}

bool MboxSplitter::Finish() {
  if (!pending_.empty() && !Line(pending_, false)) return false;
  pending_.clear();
  return !started_ || Deliver();
}

bool MboxSplitter::Line(std::string_view piece, bool whole) {
  const bool begins = line_begins_;
  line_begins_ = whole;
  if (begins && after_empty_ && (whole || !started_) &&
      (started_ ? IsSeparator(piece) : piece.starts_with("From "))) {
    after_empty_ = false;
    const bool more = !started_ || Deliver();
    started_ = true;
    return more;
  }
  if (begins && IsQuotedFrom(piece)) piece.remove_prefix(1);
  after_empty_ = begins && (piece == "\n" || piece == "\r\n");
  if (started_ && message_.size() <= max_bytes_) {
    message_ += piece.substr(0, max_bytes_ + 1 - message_.size());
  }
  return true;
}

bool MboxSplitter::Deliver() {
  if (message_ == "\r\n" || message_.ends_with("\r\n\r\n")) {
    message_.resize(message_.size() - 2);
  } else if (message_ == "\n" || message_.ends_with("\n\n")) {
    message_.resize(message_.size() - 1);
  }
  return sink_(std::exchange(message_, {}));
}

}  // namespace warifu::cli
