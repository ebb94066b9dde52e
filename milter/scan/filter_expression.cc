#include "scan/filter_expression.h"

#include <re2/re2.h>

#include <optional>
#include <utility>
#include <vector>

#include "scan/compiled_rule.h"
#include "scan/filter_lexer.h"
#include "scan/filter_node.h"

namespace warifu::scan {
namespace {

constexpr int kMaxDepth = 200;

class Filter : public FilterExpression {
 public:
  Filter(std::string source, FilterNode root, bool unknown)
      : source_(std::move(source)), root_(std::move(root)), unknown_(unknown) {}
  bool Discards(const FilterSubject& subject) const override {
    return IsTrue(root_, subject).value_or(false);
  }
  const std::string& source() const override { return source_; }
  bool has_unknown() const override { return unknown_; }

 private:
  std::string source_;
  FilterNode root_;
  bool unknown_;
};

struct Refused {};  // inside of this file only; the problem is kept by the parser

class Parser {
 public:
  Parser(std::string_view source, bool whole) : lexer_(source), whole_(whole) {}

  std::optional<FilterNode> Run(FilterProblem* problem) {
    try {
      Advance();
      while (Is("let")) Let();
      FilterNode root = Or();
      if (token_.kind != FilterToken::Kind::kEnd)
        Refuse("'" + token_.text + "' is not expected here");
      Want(root, FilterType::kBool, "the filter");
      return root;
    } catch (const Refused&) {
      *problem = problem_;
      return std::nullopt;
    }
  }
  bool unknown() const { return unknown_; }

 private:
  [[noreturn]] void Refuse(std::string text) {
    problem_ = {token_.line, std::move(text)};
    throw Refused{};
  }
  void Advance() {
    auto next = lexer_.Next();
    if (!next) {
      problem_ = {lexer_.line(), std::move(next.error())};
      throw Refused{};
    }
    token_ = std::move(*next);
  }
  bool Is(std::string_view text) const {
    return token_.text == text &&
           (token_.kind == FilterToken::Kind::kSign || token_.kind == FilterToken::Kind::kName);
  }
  bool Accept(std::string_view text) {
    if (!Is(text)) return false;
    Advance();
    return true;
  }
  void Expect(std::string_view text) {
    if (!Accept(text))
      Refuse("'" + std::string(text) + "' is expected before '" + token_.text + "'");
  }
  void Want(FilterNode& node, FilterType type, const std::string& what) {
    if (node.op == FilterOp::kUnknown) {
      node.type = type;
    } else if (node.type != type) {
      constexpr const char* kNames[] = {"true or false", "a number", "a text"};
      Refuse(what + " must be " + kNames[static_cast<int>(type)]);
    }
  }

  static FilterNode Make(FilterOp op, FilterType type, std::vector<FilterNode> children) {
    FilterNode node;
    node.op = op;
    node.type = type;
    node.children = std::move(children);
    return node;
  }
  FilterNode Unknown() {
    unknown_ = true;
    return {};
  }

  void Let() {
    Advance();
    if (token_.kind != FilterToken::Kind::kName) Refuse("a name is expected behind 'let'");
    const std::string name = token_.text;
    Advance();
    Expect("=");
    FilterNode value = Or();
    Expect(";");
    variables_.emplace_back(name, std::move(value));
  }

  FilterNode Or() {
    return Joined("||", FilterOp::kOr, [this] { return And(); });
  }
  FilterNode And() {
    return Joined("&&", FilterOp::kAnd, [this] { return Not(); });
  }

  template <typename Part>
  FilterNode Joined(std::string_view sign, FilterOp op, const Part& part) {
    FilterNode first = part();
    if (!Is(sign)) return first;
    const std::string what = "what stands beside '" + std::string(sign) + "'";
    Want(first, FilterType::kBool, what);
    FilterNode all = Make(op, FilterType::kBool, {});
    all.children.push_back(std::move(first));
    while (Accept(sign)) {
      all.children.push_back(part());
      Want(all.children.back(), FilterType::kBool, what);
    }
    return all;
  }

  FilterNode Not() {
    if (++depth_ > kMaxDepth) Refuse("the expression is nested too deeply");
    FilterNode out;
    if (Accept("!")) {
      FilterNode inner = Not();
      Want(inner, FilterType::kBool, "what stands behind '!'");
      out = Make(FilterOp::kNot, FilterType::kBool, {std::move(inner)});
    } else {
      out = Comparison();
    }
    --depth_;
    return out;
  }

  FilterNode Comparison() {
    FilterNode left = Sum();
    for (const std::string_view sign : {"<=", ">=", "==", "!=", "<", ">"}) {
      if (!Accept(sign)) continue;
      FilterNode right = Sum();
      if (left.op == FilterOp::kUnknown || right.op == FilterOp::kUnknown) return Unknown();
      if (left.type == FilterType::kBool) Refuse("only numbers and texts are compared");
      Want(right, left.type, "what is compared with it");
      FilterNode node =
          Make(FilterOp::kCompare, FilterType::kBool, {std::move(left), std::move(right)});
      node.text = sign;
      return node;
    }
    return left;
  }

  FilterNode Sum() {
    FilterNode left = Coalesced();
    while (Is("+") || Is("-")) {
      const bool add = Is("+");
      Advance();
      FilterNode right = Coalesced();
      if (left.op == FilterOp::kUnknown || right.op == FilterOp::kUnknown) {
        left = Unknown();
        continue;
      }
      const FilterType type = left.type;
      if (type == FilterType::kBool || (type == FilterType::kString && !add)) {
        Refuse(std::string("'") + (add ? "+" : "-") + "' does not go with this");
      }
      Want(right, type, "what is added");
      left = Make(add ? FilterOp::kAdd : FilterOp::kSubtract, type,
                  {std::move(left), std::move(right)});
    }
    return left;
  }

  // a ?? b, where a is an attribute: unknown either way.
  FilterNode Coalesced() {
    FilterNode left = Postfix();
    while (Accept("??")) {
      if (left.op != FilterOp::kUnknown) Refuse("'\?\?' goes with attributes alone");
      Postfix();
    }
    return left;
  }

  FilterNode Postfix() {
    FilterNode node = Primary();
    while (Accept("[")) {
      FilterNode from = Sum();
      Expect(":");
      FilterNode to = Sum();
      Expect("]");
      Want(node, FilterType::kString, "what is sliced");
      Want(from, FilterType::kNumber, "a place in a text");
      Want(to, FilterType::kNumber, "a place in a text");
      node = Make(FilterOp::kSlice, FilterType::kString,
                  {std::move(node), std::move(from), std::move(to)});
    }
    return node;
  }

  FilterNode Primary() {
    FilterNode node;
    node.op = FilterOp::kLiteral;
    node.text = token_.text;
    if (token_.kind == FilterToken::Kind::kText) {
      node.type = FilterType::kString;
      Advance();
      return node;
    }
    if (token_.kind == FilterToken::Kind::kNumber) {
      node.type = FilterType::kNumber;
      node.number = token_.number;
      Advance();
      return node;
    }
    if (Accept("(")) {
      FilterNode inner = Or();
      Expect(")");
      return inner;
    }
    if (token_.kind != FilterToken::Kind::kName)
      Refuse("'" + token_.text + "' is not expected here");
    return Named();
  }

  FilterNode Named() {
    std::string name = token_.text;
    Advance();
    if (name == "finding" || name == "attributes") {
      Expect("[");
      const std::string key = token_.text;
      if (token_.kind != FilterToken::Kind::kText) Refuse("a key in quotes is expected");
      FilterNode node = name == "finding" ? Field(key) : Unknown();
      Advance();
      Expect("]");
      return node;
    }
    if (name == "filter" && Accept(".")) {
      name = token_.text;
      Advance();
    }
    if (Is("(")) return Call(name);
    for (const auto& [known, value] : variables_) {
      if (known == name) return value;
    }
    Refuse("'" + name + "' is not known to warifu");
  }

  FilterNode Field(const std::string& key) {
    FilterNode node;
    node.text = key;
    for (const char* text : {"secret", "match", "line", "fragment_raw", "rule_id", "description"}) {
      if (key != text) continue;
      node.op = FilterOp::kField;
      node.type = FilterType::kString;
      return node;
    }
    for (const char* place :
         {"match_start_idx", "match_end_idx", "match_line_start_idx", "match_line_end_idx"}) {
      if (key != place) continue;
      node.op = FilterOp::kOffset;
      node.type = FilterType::kNumber;
      return node;
    }
    Refuse("a finding has no '" + key + "'");
  }

  FilterNode Call(const std::string& name) {
    Expect("(");
    if (name == "get") return Get();
    FilterNode first = Or();
    if (name == "matchesAny" || name == "containsAny" || name == "findMatch") {
      return TextCall(name, std::move(first));
    }
    if (name == "min" || name == "max") {
      Expect(",");
      FilterNode second = Or();
      Expect(")");
      Want(first, FilterType::kNumber, "what '" + name + "' takes");
      Want(second, FilterType::kNumber, "what '" + name + "' takes");
      return Make(name == "min" ? FilterOp::kMin : FilterOp::kMax, FilterType::kNumber,
                  {std::move(first), std::move(second)});
    }
    if (name != "entropy" && name != "len" && name != "failsTokenEfficiency") {
      Refuse("the function '" + name + "' is not known to warifu");
    }
    Want(first, FilterType::kString, "what '" + name + "' takes");
    Expect(")");
    if (name == "failsTokenEfficiency") return Unknown();
    return Make(name == "len" ? FilterOp::kLength : FilterOp::kEntropy, FilterType::kNumber,
                {std::move(first)});
  }

  // get(attributes, "path", "")
  FilterNode Get() {
    Expect("attributes");
    while (Accept(",")) Primary();
    Expect(")");
    return Unknown();
  }

  FilterNode TextCall(const std::string& name, FilterNode subject) {
    Want(subject, FilterType::kString, "what '" + name + "' looks into");
    Expect(",");
    std::string all = name == "containsAny" ? "(?i)" : "";
    auto add = [&, first = true]() mutable {
      if (token_.kind != FilterToken::Kind::kText) Refuse("a text in quotes is expected");
      const std::string one = name == "containsAny" ? RE2::QuoteMeta(token_.text) : token_.text;
      all += (first ? "(?:" : "|(?:") + one + ")";
      first = false;
      std::string why;
      if (name != "containsAny" && !CompileRegex(token_.text, &why)) Refuse(why);
      Advance();
    };
    if (name == "findMatch") {
      add();
    } else {
      Expect("[");
      for (add(); Accept(",") && !Is("]");) add();
      Expect("]");
    }
    Expect(")");
    if (subject.op == FilterOp::kUnknown) return Unknown();
    std::string why;
    FilterNode node = Make(name == "findMatch" ? FilterOp::kFindMatch : FilterOp::kMatches,
                           name == "findMatch" ? FilterType::kString : FilterType::kBool, {});
    node.whole = whole_ && name == "matchesAny" && subject.op == FilterOp::kField;
    node.regex = CompileRegex(all, &why);
    if (!node.regex) Refuse("the list is too large: " + why);
    node.children.push_back(std::move(subject));
    return node;
  }

  FilterLexer lexer_;
  FilterToken token_;
  bool whole_;
  bool unknown_ = false;
  int depth_ = 0;
  std::vector<std::pair<std::string, FilterNode>> variables_;
  FilterProblem problem_;
};

}  // namespace

std::expected<std::shared_ptr<const FilterExpression>, FilterProblem> ParseFilter(
    std::string source, bool whole) {
  Parser parser(source, whole);
  FilterProblem problem;
  auto root = parser.Run(&problem);
  if (!root) return std::unexpected(std::move(problem));
  return std::make_shared<Filter>(std::move(source), std::move(*root), parser.unknown());
}

}  // namespace warifu::scan
