#include "scan/filter_node.h"

#include <algorithm>
#include <utility>

#include "scan/validators.h"

namespace warifu::scan {
namespace {

// nullopt: unknown.
using Truth = std::optional<bool>;
using Number = std::optional<double>;
using Text = std::optional<std::string>;

Span LineOf(const FilterSubject& s) {
  const std::size_t before =
      s.match.begin == 0 ? s.text.npos : s.text.rfind('\n', s.match.begin - 1);
  const std::size_t end = s.text.find('\n', s.match.end);
  return {before == s.text.npos ? 0 : before + 1, end == s.text.npos ? s.text.size() : end};
}

class Evaluator {
 public:
  explicit Evaluator(const FilterSubject& subject) : s_(subject) {}

  Truth IsTrue(const FilterNode& n) const {
    switch (n.op) {
      case FilterOp::kNot: {
        const Truth inner = IsTrue(n.children[0]);
        return inner ? Truth(!*inner) : inner;
      }
      case FilterOp::kAnd:
      case FilterOp::kOr:
        return Joined(n, n.op == FilterOp::kOr);
      case FilterOp::kCompare:
        return Compared(n);
      case FilterOp::kMatches: {
        const Text text = TextOf(n.children[0]);
        if (!text) return std::nullopt;
        return n.whole ? RE2::FullMatch(*text, *n.regex) : RE2::PartialMatch(*text, *n.regex);
      }
      default:
        return std::nullopt;
    }
  }

 private:
  // || is true as soon as one side is, whatever is unknown of the other; && false likewise.
  Truth Joined(const FilterNode& n, bool decisive) const {
    Truth all = !decisive;
    for (const FilterNode& child : n.children) {
      const Truth one = IsTrue(child);
      if (one == Truth(decisive)) return decisive;
      if (!one) all = std::nullopt;
    }
    return all;
  }

  template <typename T>
  static Truth Compare(const std::string& op, const std::optional<T>& a,
                       const std::optional<T>& b) {
    if (!a || !b) return std::nullopt;
    if (op == "==") return *a == *b;
    if (op == "!=") return *a != *b;
    if (op == "<") return *a < *b;
    if (op == "<=") return *a <= *b;
    if (op == ">") return *a > *b;
    return *a >= *b;
  }
  Truth Compared(const FilterNode& n) const {
    const FilterNode &a = n.children[0], &b = n.children[1];
    if (a.type == FilterType::kNumber) return Compare(n.text, NumberOf(a), NumberOf(b));
    return Compare(n.text, TextOf(a), TextOf(b));
  }

  Number NumberOf(const FilterNode& n) const {
    if (n.op == FilterOp::kLiteral) return n.number;
    if (n.op == FilterOp::kOffset) return Offset(n.text);
    if (n.op == FilterOp::kLength || n.op == FilterOp::kEntropy) {
      const Text text = TextOf(n.children[0]);
      if (!text) return std::nullopt;
      return n.op == FilterOp::kLength ? static_cast<double>(text->size()) : Entropy(*text);
    }
    if (n.children.size() != 2) return std::nullopt;
    const Number a = NumberOf(n.children[0]), b = NumberOf(n.children[1]);
    if (!a || !b) return std::nullopt;
    if (n.op == FilterOp::kAdd) return *a + *b;
    if (n.op == FilterOp::kSubtract) return *a - *b;
    return n.op == FilterOp::kMin ? std::min(*a, *b) : std::max(*a, *b);
  }

  double Offset(const std::string& name) const {
    if (name == "match_start_idx") return static_cast<double>(s_.match.begin);
    if (name == "match_end_idx") return static_cast<double>(s_.match.end);
    const Span line = LineOf(s_);
    return static_cast<double>(name == "match_line_start_idx" ? line.begin : line.end);
  }

  Text TextOf(const FilterNode& n) const {
    if (n.op == FilterOp::kLiteral) return n.text;
    if (n.op == FilterOp::kField) return std::string(Field(n.text));
    if (n.op == FilterOp::kSlice) return Slice(n);
    if (n.op == FilterOp::kAdd) {
      Text a = TextOf(n.children[0]);
      const Text b = TextOf(n.children[1]);
      if (!a || !b) return std::nullopt;
      return std::move(*a) + *b;
    }
    if (n.op != FilterOp::kFindMatch) return std::nullopt;
    const Text text = TextOf(n.children[0]);
    if (!text) return std::nullopt;
    re2::StringPiece found;
    if (!n.regex->Match(*text, 0, text->size(), RE2::UNANCHORED, &found, 1)) return "";
    return std::string(found.data(), found.size());
  }

  std::string_view Field(const std::string& name) const {
    const auto part = [this](Span span) { return s_.text.substr(span.begin, span.size()); };
    if (name == "secret") return part(s_.secret);
    if (name == "match") return part(s_.match);
    if (name == "line") return part(LineOf(s_));
    if (name == "fragment_raw") return s_.text;
    return name == "rule_id" ? s_.rule : s_.description;
  }

  Text Slice(const FilterNode& n) const {
    const Number from = NumberOf(n.children[1]), to = NumberOf(n.children[2]);
    if (!from || !to) return std::nullopt;
    const auto cut = [&](std::string_view text) {
      const auto size = static_cast<double>(text.size());
      const auto begin = static_cast<std::size_t>(std::clamp(*from, 0.0, size));
      const auto end = static_cast<std::size_t>(std::clamp(*to, 0.0, size));
      return std::string(text.substr(begin, end > begin ? end - begin : 0));
    };
    // Without a copy of the whole mail.
    if (n.children[0].op == FilterOp::kField) return cut(Field(n.children[0].text));
    const Text text = TextOf(n.children[0]);
    return text ? Text(cut(*text)) : text;
  }

  const FilterSubject& s_;
};

}  // namespace

std::optional<bool> IsTrue(const FilterNode& node, const FilterSubject& subject) {
  return Evaluator(subject).IsTrue(node);
}

}  // namespace warifu::scan
