// MapWriter: text and its offset map, written character by character at little cost.
//
// Equal units that follow each other reach the map as one stretch, at the end of their run. Call
// Flush() before the map is read. Threads: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/offset_map.h"

namespace warifu::mail {

class MapWriter {
 public:
  MapWriter(std::string* text, OffsetMap* map) : text_(text), map_(map) {}

  // `utf8` made from `size` bytes of the input, as one unit.
  void Put(std::string_view utf8, std::size_t size) {
    text_->append(utf8);
    Count(static_cast<std::uint32_t>(utf8.size()), static_cast<std::uint32_t>(size), 1);
  }
  // Bytes that stay as they are.
  void Copy(std::string_view bytes) {
    text_->append(bytes);
    Count(1, 1, bytes.size());
  }
  // Input bytes that make nothing.
  void Drop(std::size_t size) { Count(0, static_cast<std::uint32_t>(size), 1); }

  void Flush() {
    map_->Add(out_unit_, in_unit_, count_);
    count_ = 0;
  }

 private:
  void Count(std::uint32_t out_unit, std::uint32_t in_unit, std::size_t count) {
    if (out_unit != out_unit_ || in_unit != in_unit_) {
      Flush();
      out_unit_ = out_unit;
      in_unit_ = in_unit;
    }
    count_ += count;
  }

  std::string* text_;
  OffsetMap* map_;
  std::uint32_t out_unit_ = 1, in_unit_ = 1;
  std::size_t count_ = 0;
};

}  // namespace warifu::mail
