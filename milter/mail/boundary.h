// Boundaries: the delimiter lines of the multiparts that are open (RFC 2046, 5.1.1).
//
// Threads: owned by one parse.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace warifu::mail {

// The end of an entity: a delimiter line of one of the open multiparts, or the end of the input.
struct Delimiter {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t level = kNone;  // index of the multipart that it belongs to, kNone at the end
  bool closing = false;       // "--boundary--"
  std::size_t line = 0;       // where the line begins
  std::size_t next = 0;       // behind its line end
};

class Boundaries {
 public:
  explicit Boundaries(std::string_view raw) : raw_(raw) {}

  std::size_t Push(std::string boundary);
  void PopTo(std::size_t level) { open_.resize(level); }

  // The first delimiter line at or behind `pos`, which must be the begin of a line.
  Delimiter FindFrom(std::size_t pos) const;

  // Whether the line at `pos` is a delimiter; `out` is set only then.
  bool At(std::size_t pos, Delimiter* out) const;

 private:
  bool Matches(std::size_t pos, std::size_t level, bool strict, Delimiter* out) const;

  std::string_view raw_;
  std::vector<std::string> open_;
};

}  // namespace warifu::mail
