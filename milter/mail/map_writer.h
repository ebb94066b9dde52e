// MapWriter: text and its offset map, written character by character at little cost.
//
// Equal units that follow each other reach the map as one stretch, at the end of their run, and
// characters are stored without asking the string for each. Until Finish() the string is longer
// than what was written. Threads: one owner.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/offset_map.h"

namespace warifu::mail {

class MapWriter {
 public:
  // Appends to `text`; `expected` is how much, roughly.
  MapWriter(std::string* text, OffsetMap* map, std::size_t expected)
      : text_(text), map_(map), size_(text->size()) {
    text_->resize(size_ + expected + kSlack);
  }

  // `utf8` made from `size` bytes of the input, as one unit.
  void Put(std::string_view utf8, std::size_t size) {
    Append(utf8);
    Count(static_cast<std::uint32_t>(utf8.size()), static_cast<std::uint32_t>(size), 1);
  }
  // Characters one by one, at most `most` of them: `next` gives the entry of each, or null to stop;
  // each was made from `size` bytes. Returns how many. An Entry has `utf8`, 7 bytes, and `size`.
  template <typename Next>
  std::size_t PutRun(std::size_t most, std::size_t size, const Next& next) {
    Reserve(7 * most);
    char* to = text_->data() + size_;
    std::size_t done = 0, counted = 0;
    std::uint32_t unit = 0;  // of those behind `counted`
    const auto count = [&] {
      if (done > counted) Count(unit, static_cast<std::uint32_t>(size), done - counted);
      counted = done;
    };
    for (; done < most; ++done) {
      const auto* entry = next(done);
      if (entry == nullptr) break;
      if (entry->size != unit) {
        count();
        unit = entry->size;
      }
      std::memcpy(to, entry->utf8.data(), 7);
      to += entry->size;
    }
    count();
    size_ = static_cast<std::size_t>(to - text_->data());
    return done;
  }
  // Bytes that stay as they are.
  void Copy(std::string_view bytes) {
    Append(bytes);
    Count(1, 1, bytes.size());
  }
  // Input bytes that make nothing.
  void Drop(std::size_t size) { Count(0, static_cast<std::uint32_t>(size), 1); }

  // A piece that was made elsewhere, with its own map.
  void Splice(std::string_view made, const OffsetMap& map) {
    Flush();
    Append(made);
    map_->Append(map, made.size());
  }

  void Finish() {
    Flush();
    text_->resize(size_);
  }

 private:
  static constexpr std::size_t kSlack = 16;

  void Append(std::string_view bytes) {
    Reserve(bytes.size());
    std::memcpy(text_->data() + size_, bytes.data(), bytes.size());
    size_ += bytes.size();
  }
  void Reserve(std::size_t more) {
    if (text_->size() - size_ >= more) return;
    text_->resize(std::max(size_ + more, text_->size() + text_->size() / 2) + kSlack);
  }
  void Flush() {
    map_->Add(out_unit_, in_unit_, count_);
    count_ = 0;
  }
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
  std::size_t size_;  // of what was written
  std::uint32_t out_unit_ = 1, in_unit_ = 1;
  std::size_t count_ = 0;
};

}  // namespace warifu::mail
