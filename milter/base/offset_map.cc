#include "base/offset_map.h"

#include <algorithm>

namespace warifu {

void OffsetMap::Add(std::uint32_t out_unit, std::uint32_t in_unit, std::size_t count) {
  if (count == 0 || (out_unit == 0 && in_unit == 0)) return;
  if (!stretches_.empty()) {
    Stretch& last = stretches_.back();
    if (last.out_unit == out_unit && last.in_unit == in_unit) {
      last.count += count;
      out_size_ += out_unit * count;
      in_size_ += in_unit * count;
      return;
    }
  }
  stretches_.push_back({out_size_, in_size_, count, out_unit, in_unit});
  out_size_ += out_unit * count;
  in_size_ += in_unit * count;
}

bool OffsetMap::copies() const {
  return stretches_.empty() ||
         (stretches_.size() == 1 && stretches_[0].out_unit == 1 && stretches_[0].in_unit == 1);
}

void OffsetMap::Append(const OffsetMap& next, std::size_t size) {
  if (next.identity()) return Add(1, 1, size);
  for (const Stretch& s : next.stretches_) Add(s.out_unit, s.in_unit, s.count);
}

std::size_t OffsetMap::ToOutput(std::size_t in) const {
  if (stretches_.empty()) return in;
  // The first stretch that ends behind `in`.
  const auto it = std::partition_point(stretches_.begin(), stretches_.end(), [&](const Stretch& s) {
    return s.in_begin + s.in_unit * s.count <= in;
  });
  if (it == stretches_.end()) return out_size_;
  if (in <= it->in_begin || it->in_unit == 0) return it->out_begin;
  const std::size_t units = (in - it->in_begin + it->in_unit - 1) / it->in_unit;
  return it->out_begin + units * it->out_unit;
}

// Source offset of the unit that holds the output byte at `out`.
std::size_t OffsetMap::SourceBegin(std::size_t out) const {
  if (stretches_.empty()) return out;
  if (out >= out_size_) return in_size_;
  auto it = std::upper_bound(stretches_.begin(), stretches_.end(), out,
                             [](std::size_t o, const Stretch& s) { return o < s.out_begin; });
  const Stretch& s = *std::prev(it);
  if (s.out_unit == 0) return s.in_begin;
  return s.in_begin + (out - s.out_begin) / s.out_unit * s.in_unit;
}

// Source offset just behind the unit that holds the output byte at `out - 1`.
std::size_t OffsetMap::SourceEnd(std::size_t out) const {
  if (stretches_.empty()) return out;
  if (out == 0) return 0;
  const std::size_t last = std::min(out, out_size_) - 1;
  auto it = std::upper_bound(stretches_.begin(), stretches_.end(), last,
                             [](std::size_t o, const Stretch& s) { return o < s.out_begin; });
  const Stretch& s = *std::prev(it);
  if (s.out_unit == 0) return s.in_begin;
  return s.in_begin + ((last - s.out_begin) / s.out_unit + 1) * s.in_unit;
}

Span OffsetMap::ToSource(Span out) const {
  const std::size_t begin = SourceBegin(out.begin);
  if (out.empty()) return {begin, begin};
  return {begin, std::max(begin, SourceEnd(out.end))};
}

}  // namespace warifu
