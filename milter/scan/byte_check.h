// ByteCheck: a quick look at what follows a place in a text.
//
// Made of a sequence of a pattern's nodes; it may accept more than the sequence matches, never
// less. Sixty-four places in the sequence fit into a word, so a byte costs a few instructions: the
// first pass asks it at every literal that it meets, where starting RE2 would cost more than all
// the rest. To keep it so small, counts beyond a few are open, assertions hold, a character beyond
// ASCII may be any of its first bytes unless it is one of a few, and a sequence that is too long is
// cut.
//
// SECURITY: text is hostile; one look reads 256 bytes at most and accepts what is not decided then.
// Threads: const after Make().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "scan/regex_ast.h"

namespace warifu::scan {

class ByteCheck {
 public:
  // Null when the sequence can match the empty text, so that nothing could be checked.
  static std::shared_ptr<const ByteCheck> Make(std::span<const RegexNode> sequence);

  // Whether a match of the sequence may begin at `at`, which is at most the text's size.
  bool Accepts(std::string_view text, std::size_t at) const;

  bool operator==(const ByteCheck&) const = default;

 private:
  friend class ByteCheckBuilder;
  ByteCheck() = default;

  std::array<std::uint64_t, 256> places_of_{};  // by byte
  std::vector<std::uint64_t> follow_;           // by place
  std::uint64_t first_ = 0, last_ = 0;
};

}  // namespace warifu::scan
