#include "base/offset_map.h"

#include <algorithm>

namespace warifu {

void OffsetMap::Add(std::uint32_t out_unit, std::uint32_t in_unit, std::size_t count) {
  if (count == 0 || (out_unit == 0 && in_unit == 0)) return;
  if (stretches_.empty() || stretches_.back().out_unit != out_unit ||
      stretches_.back().in_unit != in_unit) {
    stretches_.push_back({out_size_, in_size_, out_unit, in_unit});
  }
  out_size_ += out_unit * count;
  in_size_ += in_unit * count;
}

bool OffsetMap::copies() const {
  return stretches_.empty() ||
         (stretches_.size() == 1 && stretches_[0].out_unit == 1 && stretches_[0].in_unit == 1);
}

std::size_t OffsetMap::InEnd(Place stretch) const {
  const Place next = std::next(stretch);
  return next == stretches_.end() ? in_size_ : next->in_begin;
}

std::size_t OffsetMap::OutEnd(Place stretch) const {
  const Place next = std::next(stretch);
  return next == stretches_.end() ? out_size_ : next->out_begin;
}

void OffsetMap::Append(const OffsetMap& next, std::size_t size) {
  if (next.identity()) return Add(1, 1, size);
  for (Place s = next.stretches_.begin(); s != next.stretches_.end(); ++s) {
    const std::size_t count = s->out_unit > 0 ? (next.OutEnd(s) - s->out_begin) / s->out_unit
                                              : (next.InEnd(s) - s->in_begin) / s->in_unit;
    Add(s->out_unit, s->in_unit, count);
  }
}

std::size_t OffsetMap::ToOutput(std::size_t in) const {
  if (stretches_.empty()) return in;
  if (in >= in_size_) return out_size_;
  const Place it =
      std::prev(std::upper_bound(stretches_.begin(), stretches_.end(), in,
                                 [](std::size_t i, const Stretch& s) { return i < s.in_begin; }));
  const std::size_t units = (in - it->in_begin + it->in_unit - 1) / it->in_unit;
  return it->out_begin + units * it->out_unit;
}

// The stretch that holds the output byte at `out`, which must be below out_size_.
OffsetMap::Place OffsetMap::At(std::size_t out) const {
  return std::prev(
      std::upper_bound(stretches_.begin(), stretches_.end(), out,
                       [](std::size_t o, const Stretch& s) { return o < s.out_begin; }));
}

// Source offset of the unit that holds the output byte at `out`.
std::size_t OffsetMap::SourceBegin(std::size_t out) const {
  if (stretches_.empty()) return out;
  if (out >= out_size_) return in_size_;
  const Stretch& s = *At(out);
  if (s.out_unit == 0) return s.in_begin;
  return s.in_begin + (out - s.out_begin) / s.out_unit * s.in_unit;
}

// Source offset just behind the unit that holds the output byte at `out - 1`.
std::size_t OffsetMap::SourceEnd(std::size_t out) const {
  if (stretches_.empty()) return out;
  if (out == 0 || out_size_ == 0) return 0;
  const std::size_t last = std::min(out, out_size_) - 1;
  const Stretch& s = *At(last);
  if (s.out_unit == 0) return s.in_begin;
  return s.in_begin + ((last - s.out_begin) / s.out_unit + 1) * s.in_unit;
}

Span OffsetMap::ToSource(Span out) const {
  const std::size_t begin = SourceBegin(out.begin);
  if (out.empty()) return {begin, begin};
  return {begin, std::max(begin, SourceEnd(out.end))};
}

}  // namespace warifu
