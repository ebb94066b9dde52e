#include "mail/flowed.h"

#include <algorithm>

namespace warifu::mail {
namespace {

struct Line {
  std::size_t begin = 0;  // of the line
  std::size_t text = 0;   // behind quote marks and stuffed space
  std::size_t end = 0;    // before the line end
  std::size_t next = 0;   // begin of the next line
  std::size_t depth = 0;
  bool flows = false;  // ends in a soft break
};

Line LineAt(std::string_view text, std::size_t begin) {
  Line line;
  line.begin = line.text = begin;
  const std::size_t newline = text.find('\n', begin);
  line.next = newline == std::string_view::npos ? text.size() : newline + 1;
  line.end = newline == std::string_view::npos ? text.size() : newline;
  if (line.end > begin && text[line.end - 1] == '\r') --line.end;
  while (line.text < line.end && text[line.text] == '>') ++line.text;
  line.depth = line.text - begin;
  if (line.text < line.end && text[line.text] == ' ') ++line.text;
  const std::string_view body = text.substr(line.text, line.end - line.text);
  const bool separator = text.substr(begin + line.depth, line.end - begin - line.depth) == "-- ";
  line.flows = body.ends_with(' ') && !separator && line.next > line.end;
  // "-- " loses its stuffed look when it is read as stuffing of "-".
  if (separator) line.text = begin + line.depth;
  return line;
}

}  // namespace

FlowedText JoinFlowed(std::string_view text, bool delsp) {
  FlowedText out;
  out.text.reserve(text.size());
  const auto copy = [&](std::size_t begin, std::size_t end) {
    out.text.append(text, begin, end - begin);
    out.map.Add(1, 1, end - begin);
  };
  bool joins = false;  // the line before ended in a soft break at `depth`
  std::size_t depth = 0;
  for (std::size_t pos = 0; pos < text.size();) {
    const Line line = LineAt(text, pos);
    const std::size_t follower = line.next;
    const bool continues = joins && line.depth == depth;
    if (!continues) copy(line.begin, line.begin + line.depth);
    const std::size_t from = continues ? line.begin : line.begin + line.depth;
    out.map.Add(0, 1, line.text - from);
    // A soft break holds only if the next line has the same depth and is no separator.
    bool soft = line.flows && follower < text.size();
    if (soft) {
      const Line next = LineAt(text, follower);
      const std::string_view body = text.substr(next.text, next.end - next.text);
      soft = next.depth == line.depth && body != "-- ";
    }
    const std::size_t end = soft && delsp ? line.end - 1 : line.end;
    copy(line.text, end);
    if (soft) {
      out.map.Add(0, 1, line.next - end);
    } else {
      copy(line.end, line.next);
    }
    joins = soft;
    depth = line.depth;
    pos = line.next;
  }
  return out;
}

}  // namespace warifu::mail
