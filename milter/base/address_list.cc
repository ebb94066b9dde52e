// The strict reading of address fields: a grammar over tokens, and then the question whether a
// careless reader would find another address in the same bytes.
#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/address.h"
#include "base/address_parts.h"
#include "base/address_token.h"
#include "base/address_view.h"
#include "base/encoded_word.h"
#include "base/unicode_text.h"
#include "base/utf8.h"

namespace warifu {
namespace {

using Kind = Token::Kind;
using Tokens = std::span<const Token>;

std::unexpected<Error> Refuse(std::string text) {
  return Fail(ErrorKind::kInvalid, std::move(text));
}

std::string Trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t") + 1 - first));
}

class Parser {
 public:
  Parser(Tokens tokens, const AddressOptions& options) : tokens_(tokens), options_(options) {}

  Result<AddressList> Run() {
    if (!ParseList()) return Refuse(error_);
    if (elements_ == 0) return Refuse("the field is empty");
    if (bare_ && elements_ > 1) return Refuse("a name without an address stands in a list");
    return std::move(list_);
  }

 private:
  bool Stop(std::string reason) {
    error_ = std::move(reason);
    return false;
  }
  const Token& Peek() const { return tokens_[at_]; }
  bool AtEnd() const { return Peek().kind == Kind::kEnd; }

  // Tokens up to one of `ends` (or the end of the field), which stays.
  Tokens TakeUntil(std::string_view ends) {
    const std::size_t begin = at_;
    while (!AtEnd() && !(Peek().kind == Kind::kSpecial && ends.contains(Peek().text[0]))) ++at_;
    return tokens_.subspan(begin, at_ - begin);
  }

  bool ParseList() {
    while (true) {
      if (!ParseElement()) return false;
      if (AtEnd()) return !in_group_ || Stop("a group is not closed");
      const char separator = Peek().text[0];
      ++at_;
      if (separator == ';') {
        if (!in_group_) return Stop("a semicolon closes no group");
        in_group_ = false;
        if (AtEnd()) return true;
        if (!Peek().Is(',')) return Stop("something stands behind a group");
        ++at_;
      }
    }
  }

  void SkipComments() {
    while (Peek().kind == Kind::kComment) ++at_;
  }

  // One element up to the comma, semicolon or end behind it.
  bool ParseElement() {
    const Tokens left = TakeUntil("<,;:");
    if (!AtEnd() && Peek().Is('<')) return ParseNameAddr(left);
    if (!AtEnd() && Peek().Is(':')) return ParseGroup(left);
    if (left.empty()) return true;  // "a@b,,c@d" (obs-addr-list), an empty group
    if (IsOnlyComments(left)) return Stop("a comment stands alone");
    return AddMailbox({}, left, left);
  }

  bool ParseGroup(Tokens name) {
    if (in_group_) return Stop("a group stands in a group");
    if (!IsPhrase(name)) return Stop("a colon stands behind something that names no group");
    ++at_;
    in_group_ = true;
    ++elements_;
    group_ = Decoded(name).utf8;
    list_.has_group = true;
    list_.groups.push_back(group_);
    return CheckWords(name) && ParseElement();
  }

  bool ParseNameAddr(Tokens phrase) {
    ++at_;
    const Tokens inner = TakeUntil("<>,;:");
    if (std::ranges::any_of(inner, [](const Token& t) { return t.kind == Kind::kComment; })) {
      return Stop("a comment stands in brackets");
    }
    if (AtEnd()) return Stop("an angle bracket is not closed");
    if (Peek().Is(',') || Peek().Is(':')) return Stop("a route or a list stands in brackets");
    if (!Peek().Is('>')) return Stop("an angle bracket is not closed");
    ++at_;
    const std::size_t comments = at_;
    SkipComments();
    if (!AtEnd() && !Peek().Is(',') && !Peek().Is(';')) {
      return Stop("something stands behind the closing bracket");
    }
    return AddMailbox(phrase, inner, tokens_.subspan(comments, at_ - comments));
  }

  static bool IsPhrase(Tokens tokens) {
    bool word = false;
    for (const Token& token : tokens) {
      if (!token.IsWord() && token.kind != Kind::kComment && !token.Is('.')) return false;
      if (token.Is('.') && !word) return false;
      word = word || token.IsWord();
    }
    return word;
  }

  // `phrase`: before the bracket. `spec`: the address. `around`: where its comments are looked for.
  bool AddMailbox(Tokens phrase, Tokens spec, Tokens around) {
    Mailbox mailbox;
    if (!ReadAddress(spec, &mailbox.address)) return false;
    if (!phrase.empty() && !IsPhrase(phrase) && !IsOnlyComments(phrase) &&
        !SamePhrase(phrase, mailbox.address)) {
      return Stop("the name before the brackets holds what no name has");
    }
    if (!CheckWords(phrase) || !CheckWords(around)) return false;
    mailbox.display_name = Decoded(phrase).utf8;
    for (const Tokens where : {phrase, around}) {
      for (const Token& token : where) {
        if (token.kind == Kind::kComment) AddComment(token, &mailbox.comment);
      }
    }
    if (in_group_) mailbox.group = group_;
    ++elements_;
    bare_ = bare_ || (mailbox.address.domain.empty() && phrase.empty() && !InBrackets(spec));
    list_.mailboxes.push_back(std::move(mailbox));
    return true;
  }

  bool InBrackets(Tokens spec) const {
    return spec.data() != tokens_.data() && (spec.data() - 1)->Is('<');
  }

  static bool IsOnlyComments(Tokens tokens) {
    return std::ranges::all_of(tokens, [](const Token& t) { return t.kind == Kind::kComment; });
  }

  // "a@b <a@b>": not lawful, common, and read alike by all.
  bool SamePhrase(Tokens phrase, const Address& address) {
    Address other;
    return ReadAddress(phrase, &other) && other == address;
  }

  static void AddComment(const Token& token, std::string* out) {
    if (!out->empty()) *out += ' ';
    *out += DecodeWords(token.text).utf8;
  }

  static DecodedText Decoded(Tokens phrase) {
    std::string raw;
    Kind kind = Kind::kEnd;
    for (const Token& token : phrase) {
      if (token.kind == Kind::kComment) continue;
      const bool glued = kind == token.kind || token.Is('.') || kind == Kind::kSpecial;
      if (!raw.empty() && (token.space_before || !glued)) raw += ' ';
      kind = token.kind;
      raw += token.text;
    }
    DecodedText out = DecodeWords(raw);
    out.utf8 = Trimmed(out.utf8);
    return out;
  }

  // Encoded words that decode to control characters make programs cut the field short.
  bool CheckWords(Tokens tokens) {
    const auto control = [](std::string_view text) {
      return std::ranges::any_of(
          text, [](unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; });
    };
    for (const Token& token : tokens) {
      if (token.kind == Kind::kComment && control(DecodeWords(token.text).utf8)) {
        return Stop("a comment decodes to control characters");
      }
    }
    return !control(Decoded(tokens).utf8) || Stop("the name decodes to control characters");
  }

  bool ReadAddress(Tokens spec, Address* out) {
    while (!spec.empty() && spec.front().kind == Kind::kComment) spec = spec.subspan(1);
    while (!spec.empty() && spec.back().kind == Kind::kComment) spec = spec.first(spec.size() - 1);
    if (spec.empty()) return Stop("an address is empty");
    for (std::size_t i = 0; i < spec.size(); ++i) {
      if (spec[i].kind == Kind::kComment) return Stop("a comment stands in an address");
      if (i > 0 && spec[i].space_before) return Stop("white space stands in an address");
      if (spec[i].shifted) return Stop("ISO-2022-JP stands in an address");
    }
    const auto at = std::ranges::find_if(spec, [](const Token& t) { return t.Is('@'); });
    const auto local_size = static_cast<std::size_t>(at - spec.begin());
    std::string local;
    if (!ReadLocal(spec.first(local_size), &local)) return false;
    std::string domain;
    if (local_size < spec.size() && !ReadDomain(spec.subspan(local_size + 1), &domain)) {
      return false;
    }
    Result<Address> address = MakeAddress(local, domain, options_);
    if (!address) return Stop(std::move(address).error().text);
    *out = *std::move(address);
    return true;
  }

  bool ReadLocal(Tokens tokens, std::string* local) {
    if (tokens.empty()) return Stop("the local part is empty");
    for (const Token& token : tokens) {
      const bool quoted = token.kind == Kind::kQuoted;
      if (quoted && (tokens.size() > 1 || token.escaped)) {
        return Stop("the quotes of the local part are read differently");
      }
      if (!quoted && token.kind != Kind::kAtom && !token.Is('.')) {
        return Stop("a local part holds what no address has");
      }
      *local += token.text;
    }
    // Programs that drop the quotes must still see the same address.
    const bool plain =
        std::ranges::all_of(*local, [](unsigned char c) { return c == '.' || IsAtext(c); });
    if (!plain) return Stop("a local part holds characters that are read differently");
    if (local->find("=?") != std::string::npos && local->find("?=") != std::string::npos) {
      return Stop("an encoded word stands in an address");
    }
    return true;
  }

  bool ReadDomain(Tokens tokens, std::string* domain) {
    for (const Token& token : tokens) {
      const bool literal = token.kind == Kind::kLiteral && tokens.size() == 1;
      if (!literal && token.kind != Kind::kAtom && !token.Is('.')) {
        return Stop("a domain holds what no address has");
      }
      *domain += token.text;
    }
    if (domain->empty()) return Stop("the domain is empty");
    return !domain->ends_with('.') || Stop("the domain ends in a dot");
  }

  Tokens tokens_;
  const AddressOptions& options_;
  std::size_t at_ = 0;
  bool in_group_ = false;
  bool bare_ = false;
  std::size_t elements_ = 0;
  std::string group_;
  AddressList list_;
  std::string error_;
};

Result<AddressList> ReadAs(std::string_view field, Pairs pairs, const AddressOptions& options) {
  const Result<std::vector<Token>> tokens = Tokenise(field, pairs);
  if (!tokens) return std::unexpected(tokens.error());
  Result<AddressList> list = Parser(*tokens, options).Run();
  if (!list) return list;
  std::vector<Address> addresses;
  for (const Mailbox& mailbox : list->mailboxes) addresses.push_back(mailbox.address);
  std::ranges::sort(addresses);
  const auto known = [&](std::string_view addr) {
    const Result<Address> address = ParseAddrSpec(addr, options);
    return address && std::ranges::binary_search(addresses, *address);
  };
  const bool fragile = IsFragile(field, *tokens);
  if (fragile && HidesAddress(field, *tokens, known)) {
    return Refuse("another address can be read out of quotes, comments or shifted text");
  }
  // A program that decodes before it parses takes what comes out of encoded words for syntax.
  const DecodedText decoded = DecodeWords(field);
  if (decoded.open) return Refuse("an encoded word is not closed");
  if (SplitsWord(decoded.places, *tokens)) return Refuse("an encoded word reaches over syntax");
  const bool syntax = decoded.words.find_first_of("<>,;\"") != std::string::npos;
  if ((fragile || syntax) && HidesAddress(decoded.words, {}, known)) {
    return Refuse("another address can be read out of encoded words");
  }
  return list;
}

bool SameAddresses(const AddressList& a, const AddressList& b) {
  return std::ranges::equal(a.mailboxes, b.mailboxes, {}, &Mailbox::address, &Mailbox::address);
}

}  // namespace

Result<AddressList> ParseAddressList(std::string_view body, const AddressOptions& options) {
  Result<AddressList> bytes = ReadAs(body, Pairs::kNone, options);
  if (IsUtf8(body)) return bytes;
  // Raw bytes without a charset. As Shift_JIS the field must make sense, and the bytes alone must
  // not make another; that they make none, as with the @ in an ideographic space, is no reason to
  // refuse: ReadAs() has looked for what a careless reader might find.
  Result<AddressList> pairs = ReadAs(body, Pairs::kShiftJis, options);
  if (pairs && bytes && !SameAddresses(*bytes, *pairs)) {
    return Refuse("raw 8-bit text is read differently");
  }
  return pairs;
}

}  // namespace warifu
