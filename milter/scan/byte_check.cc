#include "scan/byte_check.h"

#include <algorithm>
#include <bit>
#include <bitset>
#include <optional>

#include "base/utf8.h"

namespace warifu::scan {
namespace {

constexpr std::size_t kPlaces = 64;
constexpr std::size_t kReach = 256;     // bytes
constexpr int kCopies = 16;             // of what is repeated
constexpr char32_t kFewCharacters = 4;  // beyond ASCII, that are spelt out

using Bytes = std::bitset<256>;

// A part of the sequence: where a match of it begins and ends.
struct Part {
  std::uint64_t first = 0, last = 0;
  bool empty = true;  // it matches the empty text, too
};

}  // namespace

class ByteCheckBuilder {
 public:
  // Nothing where there is no place left for even the begin of it.
  std::optional<Part> Add(const RegexNode& node) {
    switch (node.kind) {
      case NodeKind::kChars:
        return Characters(node.set);
      case NodeKind::kCapture:
        return Add(node.children[0]);
      case NodeKind::kConcat:
        return Sequence(node.children);
      case NodeKind::kAlternate:
        return Alternate(node.children);
      case NodeKind::kRepeat:
        return Repeat(node);
      default:
        return Part{};  // an assertion, or nothing
    }
  }

  std::optional<Part> Sequence(std::span<const RegexNode> nodes) {
    Part all;
    for (const RegexNode& node : nodes) {
      const auto part = Add(node);
      if (!part) return Cut(all);
      all = Then(all, *part);
      if (all.last == 0 && !all.empty) break;  // was cut
    }
    return all;
  }

  std::shared_ptr<const ByteCheck> Take(const Part& all) {
    if (all.empty) return nullptr;
    out_.first_ = all.first;
    out_.last_ = all.last | cut_;
    return std::make_shared<const ByteCheck>(std::move(out_));
  }

 private:
  // What is matched so far is accepted as it is, and nothing follows it.
  std::optional<Part> Cut(const Part& all) {
    if (all.empty) return std::nullopt;
    cut_ |= all.last;
    return Part{all.first, 0, false};
  }

  // Each branch gets its share of the places.
  std::optional<Part> Alternate(std::span<const RegexNode> branches) {
    Part all{.empty = false};
    const std::size_t limit = limit_;
    for (std::size_t i = 0; i < branches.size(); ++i) {
      const std::size_t used = out_.follow_.size();
      limit_ = used + (limit - std::min(used, limit)) / (branches.size() - i);
      auto part = Add(branches[i]);
      limit_ = limit;
      if (!part) part = Add(branches[i]);
      if (!part) return std::nullopt;
      all = Either(all, *part);
    }
    return all;
  }

  Part Then(const Part& a, const Part& b) {
    Follow(a.last, b.first);
    return {a.first | (a.empty ? b.first : 0), b.last | (b.empty ? a.last : 0), a.empty && b.empty};
  }

  static Part Either(const Part& a, const Part& b) {
    return {a.first | b.first, a.last | b.last, a.empty || b.empty};
  }

  void Follow(std::uint64_t places, std::uint64_t next) {
    for (; places != 0; places &= places - 1) {
      out_.follow_[static_cast<std::size_t>(std::countr_zero(places))] |= next;
    }
  }

  std::optional<Part> Repeat(const RegexNode& node) {
    const RegexNode& inner = node.children[0];
    Part all;
    const int copies = std::min(node.min, kCopies);
    for (int i = 0; i < copies; ++i) {
      const auto part = Add(inner);
      if (!part) return Cut(all);
      all = Then(all, *part);
    }
    if (node.max == copies) return all;
    auto more = Add(inner);
    if (!more) return Cut(all);
    if (node.max == kNoMax || node.max - copies > 1) Follow(more->last, more->first);
    more->empty = true;
    return Then(all, *more);
  }

  std::optional<Part> Place(const Bytes& bytes) {
    const std::size_t place = out_.follow_.size();
    if (place >= limit_) return std::nullopt;
    const std::uint64_t bit = std::uint64_t{1} << place;
    out_.follow_.push_back(0);
    for (std::size_t byte = 0; byte < bytes.size(); ++byte) {
      if (bytes[byte]) out_.places_of_[byte] |= bit;
    }
    return Part{bit, bit, false};
  }

  std::optional<Part> Characters(const CharSet& set) {
    if (set.symbolic()) return std::nullopt;
    Bytes ascii, leads;
    char32_t beyond = 0;
    for (const CodeRange r : set.ranges()) {
      for (char32_t c = r.lo; c <= r.hi && c < 0x80; ++c) ascii.set(c);
      if (r.hi < 0x80) continue;
      const char32_t lo = std::max<char32_t>(r.lo, 0x80);
      beyond += r.hi - lo + 1;
      for (unsigned lead = Lead(lo); lead <= Lead(r.hi); ++lead) leads.set(lead);
    }
    Part all{.empty = false};
    if (ascii.any()) {
      const auto part = Place(ascii);
      if (!part) return std::nullopt;
      all = *part;
    }
    if (beyond == 0) return all;
    const auto rest = beyond <= kFewCharacters ? Spelt(set) : AnyOf(leads);
    return rest ? std::optional(Either(all, *rest)) : std::nullopt;
  }

  static unsigned Lead(char32_t c) {
    std::string text;
    AppendUtf8(c, &text);
    return static_cast<unsigned char>(text[0]);
  }

  // The characters beyond ASCII, byte by byte.
  std::optional<Part> Spelt(const CharSet& set) {
    Part all{.empty = false};
    for (const CodeRange r : set.ranges()) {
      for (char32_t c = std::max<char32_t>(r.lo, 0x80); c <= r.hi; ++c) {
        std::string text;
        AppendUtf8(c, &text);
        Part one;
        for (const char byte : text) {
          const auto part = Place(Bytes().set(static_cast<unsigned char>(byte)));
          if (!part) return std::nullopt;
          one = Then(one, *part);
        }
        all = Either(all, one);
      }
    }
    return all;
  }

  // Any character that begins so.
  std::optional<Part> AnyOf(const Bytes& leads) {
    const auto lead = Place(leads);
    if (!lead) return std::nullopt;
    Bytes others;
    for (std::size_t byte = 0x80; byte < 0xc0; ++byte) others.set(byte);
    auto rest = Place(others);
    if (!rest) return std::nullopt;
    Follow(rest->last, rest->first);
    return Then(*lead, *rest);
  }

  ByteCheck out_;
  std::size_t limit_ = kPlaces;
  std::uint64_t cut_ = 0;  // places where a cut part ends
};

std::shared_ptr<const ByteCheck> ByteCheck::Make(std::span<const RegexNode> sequence) {
  ByteCheckBuilder builder;
  const auto all = builder.Sequence(sequence);
  return all ? builder.Take(*all) : nullptr;
}

bool ByteCheck::Accepts(std::string_view text, std::size_t at) const {
  const std::size_t end = std::min(text.size(), at + kReach);
  std::uint64_t awaited = first_, before = 0;
  for (std::size_t i = at; i < end; ++i) {
    const std::uint64_t here = awaited & places_of_[static_cast<unsigned char>(text[i])];
    if (here == 0) return false;
    if ((here & last_) != 0) return true;
    if (here == before) continue;  // within a run of one class
    before = here;
    awaited = 0;
    for (std::uint64_t left = here; left != 0; left &= left - 1) {
      awaited |= follow_[static_cast<std::size_t>(std::countr_zero(left))];
    }
  }
  return end == at + kReach;
}

}  // namespace warifu::scan
