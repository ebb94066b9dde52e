#include "scan/regex_ast.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include "base/hex.h"
#include "base/utf8.h"

namespace warifu::scan {
namespace {

struct Flags {
  bool fold = false;        // i
  bool multi_line = false;  // m
  bool dot_all = false;     // s
};

struct NamedClass {
  std::string_view name;
  std::array<CodeRange, 4> ranges;
  int count;
};

constexpr NamedClass kPosix[] = {
    {"alnum", {{{'0', '9'}, {'A', 'Z'}, {'a', 'z'}}}, 3},
    {"alpha", {{{'A', 'Z'}, {'a', 'z'}}}, 2},
    {"ascii", {{{0, 0x7f}}}, 1},
    {"blank", {{{'\t', '\t'}, {' ', ' '}}}, 2},
    {"cntrl", {{{0, 0x1f}, {0x7f, 0x7f}}}, 2},
    {"digit", {{{'0', '9'}}}, 1},
    {"graph", {{{'!', '~'}}}, 1},
    {"lower", {{{'a', 'z'}}}, 1},
    {"print", {{{' ', '~'}}}, 1},
    {"punct", {{{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}}, 4},
    {"space", {{{'\t', '\r'}, {' ', ' '}}}, 2},
    {"upper", {{{'A', 'Z'}}}, 1},
    {"word", {{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}}, 4},
    {"xdigit", {{{'0', '9'}, {'A', 'F'}, {'a', 'f'}}}, 3},
};
// \d \s \w as RE2 means them: ASCII, and \s without the vertical tab.
constexpr NamedClass kPerl[] = {
    {"d", {{{'0', '9'}}}, 1},
    {"s", {{{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}}}, 3},
    {"w", {{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}}}, 4},
};

CharSet ToSet(const NamedClass& named, bool negated, bool fold) {
  CharSet set;
  for (int i = 0; i < named.count; ++i) set.Add(named.ranges[i].lo, named.ranges[i].hi);
  set.Finish(negated, fold);
  return set;
}

const NamedClass* FindClass(std::span<const NamedClass> table, std::string_view name) {
  const auto it =
      std::find_if(table.begin(), table.end(), [&](const NamedClass& c) { return c.name == name; });
  return it == table.end() ? nullptr : &*it;
}

RegexNode CharsNode(CharSet set) {
  RegexNode node;
  node.kind = NodeKind::kChars;
  node.set = std::move(set);
  return node;
}

RegexNode Plain(NodeKind kind) {
  RegexNode node;
  node.kind = kind;
  return node;
}

// Recursive descent. RE2 has already accepted the pattern when the loader comes here, so messages
// matter only for the few things that RE2 accepts and this does not.
class Parser {
 public:
  explicit Parser(std::string_view pattern) : p_(pattern) {}

  Result<RegexNode> Run() {
    RegexNode root = Alternation(0);
    if (!error_ && pos_ < p_.size()) Error("unbalanced ')'");
    if (error_) return Fail(ErrorKind::kInvalid, *error_);
    return root;
  }

 private:
  static constexpr int kMaxDepth = 200;

  bool More() const { return !error_ && pos_ < p_.size(); }
  bool Eat(std::string_view token) {
    if (!p_.substr(pos_).starts_with(token)) return false;
    pos_ += token.size();
    return true;
  }
  void Error(std::string text) {
    if (!error_) error_ = std::move(text);
  }

  RegexNode Alternation(int depth) {
    RegexNode node = Plain(NodeKind::kAlternate);
    node.begin = pos_;
    if (depth > kMaxDepth) Error("groups are nested too deeply");
    do {
      node.children.push_back(Concatenation(depth));
    } while (More() && Eat("|"));
    node.end = pos_;
    if (node.children.size() == 1) return std::move(node.children[0]);
    return node;
  }

  RegexNode Concatenation(int depth) {
    RegexNode node = Plain(NodeKind::kConcat);
    node.begin = pos_;
    while (More() && p_[pos_] != '|' && p_[pos_] != ')') {
      const std::size_t begin = pos_;
      std::optional<RegexNode> atom = Atom(depth);
      if (!atom) continue;  // a flag group, or a quoted run that was appended
      atom->begin = begin;
      atom->end = pos_;
      RegexNode repeated = Repeats(std::move(*atom));
      node.children.push_back(std::move(repeated));
    }
    node.end = pos_;
    if (node.children.size() == 1) {
      RegexNode only = std::move(node.children[0]);
      return only;
    }
    if (node.children.empty()) node.kind = NodeKind::kEmpty;
    return node;
  }

  // A number of a repeat; nullopt when there is none.
  std::optional<int> Number() {
    const std::size_t begin = pos_;
    int value = 0;
    while (pos_ < p_.size() && p_[pos_] >= '0' && p_[pos_] <= '9' && value < 100000) {
      value = value * 10 + (p_[pos_++] - '0');
    }
    if (pos_ == begin) return std::nullopt;
    return value;
  }

  // "{m}", "{m,}" or "{m,n}"; anything else is a literal brace, and nothing is consumed.
  std::optional<std::pair<int, int>> Braces() {
    const std::size_t begin = pos_;
    if (!Eat("{")) return std::nullopt;
    const auto min = Number();
    std::optional<int> max = min;
    if (min && Eat(",")) {
      max = Number();
      if (!max) max = kNoMax;
    }
    if (!min || !Eat("}")) {
      pos_ = begin;
      return std::nullopt;
    }
    return std::pair{*min, *max};
  }

  RegexNode Repeats(RegexNode atom) {
    while (More()) {
      std::optional<std::pair<int, int>> count;
      if (Eat("*")) {
        count = {0, kNoMax};
      } else if (Eat("+")) {
        count = {1, kNoMax};
      } else if (Eat("?")) {
        count = {0, 1};
      } else {
        count = Braces();
      }
      if (!count) break;
      Eat("?");  // lazy or greedy: the same matches exist
      RegexNode repeat = Plain(NodeKind::kRepeat);
      repeat.begin = atom.begin;
      repeat.end = pos_;
      std::tie(repeat.min, repeat.max) = *count;
      repeat.children.push_back(std::move(atom));
      atom = std::move(repeat);
    }
    return atom;
  }

  std::optional<RegexNode> Atom(int depth) {
    switch (p_[pos_]) {
      case '(':
        return Group(depth);
      case '[':
        return CharsNode(Class());
      case '.': {
        ++pos_;
        CharSet set;
        if (!flags_.dot_all) set.Add('\n', '\n');
        set.Finish(true, false);
        return CharsNode(std::move(set));
      }
      case '^':
        ++pos_;
        return Plain(flags_.multi_line ? NodeKind::kBeginLine : NodeKind::kBeginText);
      case '$':
        ++pos_;
        return Plain(flags_.multi_line ? NodeKind::kEndLine : NodeKind::kEndText);
      case '\\':
        return Escape();
      default:
        return Literal(NextCodePoint(p_, &pos_));
    }
  }

  RegexNode Literal(char32_t c) const {
    CharSet set;
    set.Add(c, c);
    set.Finish(false, flags_.fold);
    return CharsNode(std::move(set));
  }

  std::optional<RegexNode> Group(int depth) {
    ++pos_;
    const Flags outer = flags_;
    bool capture = true;
    if (Eat("?")) {
      if (Eat("P<") || Eat("<")) {
        while (More() && p_[pos_] != '>') ++pos_;
        Eat(">");
      } else {
        capture = false;
        if (!GroupFlags()) return std::nullopt;  // (?i): for the rest of this group
      }
    }
    RegexNode inner = Alternation(depth + 1);
    if (!Eat(")")) Error("missing ')'");
    flags_ = outer;
    if (!capture) return inner;
    RegexNode node = Plain(NodeKind::kCapture);
    node.children.push_back(std::move(inner));
    return node;
  }

  // Reads "i-s:" or "i-s)". False for the latter form, which has no body.
  bool GroupFlags() {
    bool value = true;
    while (More()) {
      switch (const char c = p_[pos_++]) {
        case 'i':
          flags_.fold = value;
          break;
        case 'm':
          flags_.multi_line = value;
          break;
        case 's':
          flags_.dot_all = value;
          break;
        case 'U':
          break;  // greediness: the same matches exist
        case '-':
          value = false;
          break;
        case ':':
          return true;
        case ')':
          return false;
        default:
          Error(std::string("unknown group flag '") + c + "'");
      }
    }
    Error("missing ')'");
    return false;
  }

  std::optional<RegexNode> Escape() {
    if (Eat("\\Q")) return Quoted();
    if (Eat("\\A")) return Plain(NodeKind::kBeginText);
    if (Eat("\\z")) return Plain(NodeKind::kEndText);
    if (Eat("\\b")) return Plain(NodeKind::kWordBoundary);
    if (Eat("\\B")) return Plain(NodeKind::kNotWordBoundary);
    if (Eat("\\C")) {
      Error("\\C matches half a character; write '.' instead");
      return std::nullopt;
    }
    if (std::optional<CharSet> set = ClassEscape(flags_.fold)) return CharsNode(std::move(*set));
    return Literal(CharacterEscape());
  }

  std::optional<RegexNode> Quoted() {
    RegexNode node = Plain(NodeKind::kConcat);
    while (More() && !Eat("\\E")) node.children.push_back(Literal(NextCodePoint(p_, &pos_)));
    if (node.children.empty()) return std::nullopt;
    // A repeat behind \E binds to the last character; as a group it would bind to all of them.
    if (node.children.size() > 1 && More() && std::string_view("*+?{").contains(p_[pos_])) {
      node.children.back() = Repeats(std::move(node.children.back()));
    }
    return node;
  }

  // \d \S \pL \P{Han} …; nothing is consumed when it is no class.
  std::optional<CharSet> ClassEscape(bool fold) {
    if (pos_ + 1 >= p_.size()) return std::nullopt;
    const char c = p_[pos_ + 1];
    if (c == 'p' || c == 'P') return Property(fold);
    const char lower = static_cast<char>(c | 0x20);
    const NamedClass* named = FindClass(kPerl, {&lower, 1});
    if (named == nullptr) return std::nullopt;
    pos_ += 2;
    return ToSet(*named, c != lower, false);
  }

  CharSet Property(bool fold) {
    const std::size_t begin = pos_;
    pos_ += 2;
    if (Eat("{")) {
      while (More() && p_[pos_] != '}') ++pos_;
      Eat("}");
    } else if (More()) {
      NextCodePoint(p_, &pos_);
    }
    CharSet set;
    set.AddProperty(std::string(p_.substr(begin, pos_ - begin)));
    set.Finish(false, fold);
    return set;
  }

  // Character behind a backslash, which stands at pos_.
  char32_t CharacterEscape() {
    ++pos_;
    if (pos_ >= p_.size()) {
      Error("a backslash at the end");
      return 0;
    }
    const char c = p_[pos_];
    switch (c) {
      case 'a':
        ++pos_;
        return 7;
      case 'f':
        ++pos_;
        return 12;
      case 'n':
        ++pos_;
        return 10;
      case 'r':
        ++pos_;
        return 13;
      case 't':
        ++pos_;
        return 9;
      case 'v':
        ++pos_;
        return 11;
      case 'x':
        ++pos_;
        return HexEscape();
      default:
        break;
    }
    if (c >= '0' && c <= '7') {
      char32_t value = 0;
      for (int i = 0; i < 3 && pos_ < p_.size() && p_[pos_] >= '0' && p_[pos_] <= '7'; ++i) {
        value = value * 8 + static_cast<char32_t>(p_[pos_++] - '0');
      }
      return value;
    }
    return NextCodePoint(p_, &pos_);
  }

  char32_t HexEscape() {
    const bool braces = Eat("{");
    char32_t value = 0;
    for (int digits = 0; pos_ < p_.size() && (braces || digits < 2); ++digits) {
      const int digit = HexValue(p_[pos_]);
      if (digit < 0 || value > kMaxCodePoint) break;
      value = value * 16 + static_cast<char32_t>(digit);
      ++pos_;
    }
    if (braces && !Eat("}")) Error("bad \\x escape");
    return value;
  }

  CharSet Class() {
    ++pos_;
    const bool negated = Eat("^");
    CharSet set;
    for (bool first = true; More() && (first || p_[pos_] != ']'); first = false) {
      if (Eat("[:")) {
        PosixClass(&set);
        continue;
      }
      if (p_[pos_] == '\\') {
        if (std::optional<CharSet> inner = ClassEscape(false)) {
          set.Add(*inner);
          for (const std::string& property : inner->properties()) set.AddProperty(property);
          continue;
        }
      }
      const char32_t lo = ClassCharacter();
      char32_t hi = lo;
      if (pos_ + 1 < p_.size() && p_[pos_] == '-' && p_[pos_ + 1] != ']') {
        ++pos_;
        hi = ClassCharacter();
      }
      set.Add(lo, hi);
    }
    if (!Eat("]")) Error("missing ']'");
    set.Finish(negated, flags_.fold);
    if (!set.symbolic() && set.ranges().empty()) Error("a class that holds no character");
    return set;
  }

  void PosixClass(CharSet* set) {
    const bool negated = Eat("^");
    const std::size_t end = p_.find(":]", pos_);
    const NamedClass* named =
        end == std::string_view::npos ? nullptr : FindClass(kPosix, p_.substr(pos_, end - pos_));
    if (named == nullptr) return Error("unknown [:class:]");
    set->Add(ToSet(*named, negated, false));
    pos_ = end + 2;
  }

  char32_t ClassCharacter() {
    if (pos_ >= p_.size()) {
      Error("missing ']'");
      return 0;
    }
    return p_[pos_] == '\\' ? CharacterEscape() : NextCodePoint(p_, &pos_);
  }

  std::string_view p_;
  std::size_t pos_ = 0;
  Flags flags_;
  std::optional<std::string> error_;
};

}  // namespace

Result<RegexNode> ParseRegex(std::string_view pattern) {
  return Parser(pattern).Run();
}

}  // namespace warifu::scan
