// OffsetMap: where a piece of produced text came from in the bytes that it was produced from.
//
// Text on its way to the scanner is transformed several times: charset to UTF-8, HTML to text,
// normalisation. Each transformation records how its output lines up with its input, so that a
// match in the scanned text can be named, cut out or masked in the original bytes.
//
// The map is a list of stretches. Inside a stretch every `out_unit` output bytes come from
// `in_unit` input bytes (1:1 for copied ASCII, 3:2 for kanji out of Shift_JIS), so a long text of
// one script is one stretch. An empty map is the identity.
//
// Guarantees: ToSource never returns a range smaller than the true one; a range that touches a part
// of a unit covers the whole unit. Offsets past the end are clamped.
// Threads: const after building.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace warifu {

// Half-open byte range.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t size() const { return end - begin; }
  bool empty() const { return end <= begin; }
  friend bool operator==(const Span&, const Span&) = default;
};

class OffsetMap {
 public:
  // Appends `count` units of `out_unit` output bytes, each made from `in_unit` input bytes.
  // Add(1, 1, n): n bytes copied. Add(0, n): n input bytes dropped. Add(n, 0): n bytes inserted.
  void Add(std::uint32_t out_unit, std::uint32_t in_unit, std::size_t count = 1);

  // Appends the map of the next piece; an identity map stands for `size` copied bytes.
  void Append(const OffsetMap& next, std::size_t size);

  // The smallest range of input bytes that produced the output bytes of `out`.
  Span ToSource(Span out) const;

  // The first output byte that came from input at or behind `in`.
  std::size_t ToOutput(std::size_t in) const;

  bool identity() const { return stretches_.empty(); }
  // Every byte was copied: the map leads to where it came from, and can be left out.
  bool copies() const;
  std::size_t stretches() const { return stretches_.size(); }

 private:
  // Ends where the next one begins, on both sides.
  struct Stretch {
    std::size_t out_begin, in_begin;
    std::uint32_t out_unit, in_unit;
  };
  using Place = std::vector<Stretch>::const_iterator;
  Place At(std::size_t out) const;
  std::size_t InEnd(Place stretch) const;
  std::size_t OutEnd(Place stretch) const;
  std::size_t SourceBegin(std::size_t out) const;
  std::size_t SourceEnd(std::size_t out) const;

  std::vector<Stretch> stretches_;
  std::size_t out_size_ = 0;
  std::size_t in_size_ = 0;
};

}  // namespace warifu
