#include "base/address_token.h"

#include <utility>

#include "base/address_parts.h"

namespace warifu {
namespace {

constexpr char kEscape = '\x1b';

std::unexpected<Error> Refuse(std::string text) {
  return Fail(ErrorKind::kInvalid, std::move(text));
}

bool IsLead(unsigned char c) {
  return (c >= 0x81 && c <= 0x9f) || (c >= 0xe0 && c <= 0xfc);
}

bool IsControl(char c) {
  return (c >= 0 && c < 0x20) || c == 0x7f;
}

bool IsTrail(unsigned char c) {
  return c >= 0x40 && c <= 0xfc && c != 0x7f;
}

// What ISO 2022 calls G0: how many bytes make a character now.
enum class Shift { kAscii, kSingle, kDouble };

struct Designation {
  std::string_view sequence;
  Shift shift;
};

// RFC 1468, JIS X 0201 katakana, RFC 1554 JIS X 0212, JIS X 0213.
constexpr Designation kDesignations[] = {
    {"\x1b(B", Shift::kAscii},   {"\x1b(J", Shift::kAscii},   {"\x1b(I", Shift::kSingle},
    {"\x1b$@", Shift::kDouble},  {"\x1b$B", Shift::kDouble},  {"\x1b$(D", Shift::kDouble},
    {"\x1b$(O", Shift::kDouble}, {"\x1b$(P", Shift::kDouble}, {"\x1b$(Q", Shift::kDouble},
};

class Lexer {
 public:
  Lexer(std::string_view field, Pairs pairs) : in_(field), pairs_(pairs) {}

  Result<std::vector<Token>> Run() {
    if (in_.size() > kMaxField) return Refuse("the field is too long");
    while (true) {
      Token token;
      if (!SkipSpace(&token.space_before)) return Refuse(error_);
      token.begin = at_;
      if (!Read(&token)) return Refuse(error_);
      token.end = at_;
      tokens_.push_back(std::move(token));
      if (tokens_.back().kind == Token::Kind::kEnd) return std::move(tokens_);
    }
  }

 private:
  bool Stop(std::string reason) {
    error_ = std::move(reason);
    return false;
  }
  bool AtEnd() const { return at_ == in_.size(); }
  char Peek() const { return in_[at_]; }

  // A fold: [CR] LF and then white space, with something behind it on that line.
  bool Fold() {
    if (Peek() == '\r') ++at_;
    if (AtEnd() || Peek() != '\n') return Stop("a carriage return stands alone");
    ++at_;
    if (AtEnd() || (Peek() != ' ' && Peek() != '\t')) return Stop("a line end is no fold");
    const std::size_t text = in_.find_first_not_of(" \t", at_);
    if (text == std::string_view::npos || in_[text] == '\r' || in_[text] == '\n') {
      return Stop("a folded line is blank");
    }
    at_ = text;
    return true;
  }

  bool SkipSpace(bool* any) {
    while (!AtEnd()) {
      const char c = Peek();
      if (c == ' ' || c == '\t') {
        ++at_;
      } else if (c == '\r' || c == '\n') {
        if (!Fold()) return false;
      } else {
        break;
      }
      *any = true;
    }
    return true;
  }

  bool Read(Token* token) {
    using Kind = Token::Kind;
    if (AtEnd()) return true;
    const char c = Peek();
    if (c == '"') return ReadQuoted(token);
    if (c == '(') return ReadComment(token);
    if (c == '[') return ReadLiteral(token);
    if (c == kEscape || IsAtext(static_cast<unsigned char>(c))) return ReadAtom(token);
    if (std::string_view("<>@,;:.").contains(c)) {
      token->kind = Kind::kSpecial;
      token->text = c;
      ++at_;
      return true;
    }
    if (c == ')') return Stop("a parenthesis closes nothing");
    if (c == ']') return Stop("a bracket closes nothing");
    if (c == '\\') return Stop("a backslash stands outside of quotes");
    return Stop("a control character");
  }

  // One character of text in the present shift; specials are the caller's.
  bool ReadChar(Token* token) {
    const auto c = static_cast<unsigned char>(Peek());
    if (c == kEscape) return ReadDesignation(token);
    if (shift_ != Shift::kAscii) return ReadShifted(token);
    const bool lead = pairs_ == Pairs::kShiftJis && IsLead(c) && at_ + 1 < in_.size() &&
                      IsTrail(static_cast<unsigned char>(in_[at_ + 1]));
    const std::size_t length = lead ? 2 : 1;
    if (IsControl(Peek()) && Peek() != '\t') return Stop("a control character");
    token->text.append(in_, at_, length);
    at_ += length;
    return true;
  }

  bool ReadDesignation(Token* token) {
    for (const auto& [sequence, shift] : kDesignations) {
      if (!in_.substr(at_).starts_with(sequence)) continue;
      shift_ = shift;
      token->shifted = true;
      token->text += sequence;
      at_ += sequence.size();
      return true;
    }
    return Stop("an escape sequence that is not ISO-2022-JP");
  }

  bool ReadShifted(Token* token) {
    const std::size_t length = shift_ == Shift::kDouble ? 2 : 1;
    for (std::size_t i = 0; i < length; ++i) {
      if (AtEnd() || Peek() < 0x21 || Peek() > 0x7e) return Stop("ISO-2022-JP text is broken");
      token->text += Peek();
      ++at_;
    }
    return true;
  }

  bool ReadAtom(Token* token) {
    token->kind = Token::Kind::kAtom;
    while (!AtEnd()) {
      const char c = Peek();
      const bool text =
          shift_ != Shift::kAscii || c == kEscape || IsAtext(static_cast<unsigned char>(c));
      if (!text) return true;
      if (!ReadChar(token)) return false;
    }
    return shift_ == Shift::kAscii || Stop("ISO-2022-JP text is not closed");
  }

  bool ReadEscaped(Token* token) {
    ++at_;
    token->escaped = true;
    if (AtEnd() || IsControl(Peek())) return Stop("a backslash escapes nothing");
    token->text += Peek();
    ++at_;
    return true;
  }

  bool ReadInnerSpace(Token* token) {
    bool any = false;
    const std::size_t begin = at_;
    if (!SkipSpace(&any)) return false;
    // What a fold was made of is not text; the white space is.
    for (const char c : in_.substr(begin, at_ - begin)) {
      if (c == ' ' || c == '\t') token->text += c;
      if (c == '\n') token->folded = true;
    }
    return true;
  }

  static bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  // True when the byte is to be read as syntax: not inside of a shift.
  bool Plain() const { return shift_ == Shift::kAscii; }

  bool ReadQuoted(Token* token) {
    token->kind = Token::Kind::kQuoted;
    ++at_;
    while (!AtEnd()) {
      const char c = Peek();
      if (Plain() && c == '"') {
        ++at_;
        return true;
      }
      const bool ok = Plain() && c == '\\'    ? ReadEscaped(token)
                      : Plain() && IsSpace(c) ? ReadInnerSpace(token)
                                              : ReadChar(token);
      if (!ok) return false;
    }
    return Stop("a quote is not closed");
  }

  bool ReadComment(Token* token) {
    token->kind = Token::Kind::kComment;
    int depth = 0;
    while (!AtEnd()) {
      const char c = Peek();
      if (Plain() && (c == '(' || c == ')')) {
        depth += c == '(' ? 1 : -1;
        ++at_;
        if (depth == 0) return true;
        if (depth > kMaxDepth) return Stop("comments are nested too deep");
        token->nested = token->nested || depth > 1;
        if (depth > 1 || c == ')') token->text += c;
        continue;
      }
      const bool ok = Plain() && c == '\\'    ? ReadEscaped(token)
                      : Plain() && IsSpace(c) ? ReadInnerSpace(token)
                                              : ReadChar(token);
      if (!ok) return false;
    }
    return Stop("a comment is not closed");
  }

  bool ReadLiteral(Token* token) {
    token->kind = Token::Kind::kLiteral;
    const std::size_t end = in_.find(']', at_);
    if (end == std::string_view::npos) return Stop("a bracket is not closed");
    token->text = in_.substr(at_, end + 1 - at_);
    at_ = end + 1;
    // "[", escapes and folds have no place in an address literal; CanonicalDomain() refuses the
    // rest.
    if (token->text.find_first_of("\r\n\\", 0) != std::string::npos ||
        token->text.find('\0') != std::string::npos ||
        token->text.find('[', 1) != std::string::npos) {
      return Stop("a bracket holds what no address literal has");
    }
    return true;
  }

  std::string_view in_;
  Pairs pairs_;
  std::size_t at_ = 0;
  Shift shift_ = Shift::kAscii;
  std::vector<Token> tokens_;
  std::string error_;
};

}  // namespace

Result<std::vector<Token>> Tokenise(std::string_view field, Pairs pairs) {
  return Lexer(field, pairs).Run();
}

}  // namespace warifu
