#include <algorithm>
#include <optional>

#include "base/utf8.h"
#include "scan/compiled_rule.h"

namespace warifu::scan {
namespace {

constexpr std::size_t kMaxStrings = 256;
using Strings = std::vector<std::string>;

char32_t Lower(char32_t c) {
  return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

void AddUnique(std::string text, Strings* out) {
  if (std::ranges::find(*out, text) == out->end()) out->push_back(std::move(text));
}

Strings Product(const Strings& heads, const Strings& tails) {
  Strings out;
  for (const std::string& head : heads) {
    for (const std::string& tail : tails) AddUnique(head + tail, &out);
  }
  return out;
}

// All texts that a node can match, case-folded; nothing when they are too many.
std::optional<Strings> StringsOf(const RegexNode& node) {
  switch (node.kind) {
    case NodeKind::kChars: {
      if (node.set.symbolic()) return std::nullopt;
      Strings out;
      for (const CodeRange r : node.set.ranges()) {
        if (r.hi - r.lo > 8) return std::nullopt;
        for (char32_t c = r.lo; c <= r.hi; ++c) {
          std::string text;
          AppendUtf8(Lower(c), &text);
          AddUnique(std::move(text), &out);
        }
      }
      return out.size() > 8 ? std::nullopt : std::optional(out);
    }
    case NodeKind::kCapture:
      return StringsOf(node.children[0]);
    case NodeKind::kConcat: {
      Strings out = {""};
      for (const RegexNode& child : node.children) {
        const auto strings = StringsOf(child);
        if (!strings || strings->size() * out.size() > kMaxStrings) return std::nullopt;
        out = Product(out, *strings);
      }
      return out;
    }
    case NodeKind::kAlternate: {
      Strings out;
      for (const RegexNode& child : node.children) {
        const auto strings = StringsOf(child);
        if (!strings || strings->size() + out.size() > kMaxStrings) return std::nullopt;
        for (const std::string& s : *strings) AddUnique(s, &out);
      }
      return out;
    }
    case NodeKind::kRepeat: {
      if (node.max == kNoMax || node.max > 4) return std::nullopt;
      const auto one = StringsOf(node.children[0]);
      if (!one) return std::nullopt;
      Strings out, power = {""};
      for (int i = 0; i <= node.max; ++i) {
        if (i >= node.min) {
          for (const std::string& s : power) AddUnique(s, &out);
        }
        if (power.size() * one->size() > kMaxStrings || out.size() > kMaxStrings) {
          return std::nullopt;
        }
        power = Product(power, *one);
      }
      return out;
    }
    default:
      return Strings{""};  // an assertion, or nothing
  }
}

class Cover {
 public:
  explicit Cover(const std::vector<std::string>& keywords) : keywords_(keywords) {}

  bool Sure(const RegexNode& node) {
    switch (node.kind) {
      case NodeKind::kCapture:
        return Sure(node.children[0]);
      case NodeKind::kRepeat:
        return (node.min >= 1 && Sure(node.children[0])) || AllHold(StringsOf(node));
      case NodeKind::kConcat:
        return ConcatSure(node);
      case NodeKind::kAlternate: {
        bool all = true;
        for (const RegexNode& child : node.children) {
          if (Sure(child)) continue;
          if (lacking_.empty()) lacking_ = {child.begin, child.end};
          all = false;
        }
        return all;
      }
      default:
        return AllHold(StringsOf(node));
    }
  }

  Span lacking() const { return lacking_; }

 private:
  bool Holds(const std::string& text) const {
    return std::ranges::any_of(keywords_,
                               [&](const std::string& word) { return text.contains(word); });
  }
  bool AllHold(const std::optional<Strings>& strings) const {
    return strings && !strings->empty() &&
           std::ranges::all_of(*strings, [&](const std::string& s) { return Holds(s); });
  }

  // A run of neighbours with few texts holds a keyword, or one of the parts does by itself.
  bool ConcatSure(const RegexNode& node) {
    for (std::size_t from = 0; from < node.children.size(); ++from) {
      Strings run = {""};
      for (std::size_t i = from; i < node.children.size(); ++i) {
        const auto strings = StringsOf(node.children[i]);
        if (!strings || strings->size() * run.size() > kMaxStrings) break;
        run = Product(run, *strings);
        if (AllHold(run)) return true;
      }
    }
    return std::ranges::any_of(node.children,
                               [this](const RegexNode& child) { return Sure(child); });
  }

  const std::vector<std::string>& keywords_;
  Span lacking_;
};

}  // namespace

bool EveryMatchHolds(const RegexNode& regex, const std::vector<std::string>& keywords,
                     Span* lacking) {
  Cover cover(keywords);
  if (cover.Sure(regex)) return true;
  *lacking = cover.lacking().empty() ? Span{regex.begin, regex.end} : cover.lacking();
  return false;
}

}  // namespace warifu::scan
