#include "daemon/reply.h"

#include <array>
#include <charconv>
#include <string_view>

namespace warifu::daemon {
namespace {

constexpr std::size_t kMaxText = 980;  // libmilter's limit of a line

struct Defaults {
  char digit;
  std::string_view code, enhanced, text;
};

constexpr Defaults kTemporary{'4', "451", "4.7.1", "Temporary failure, please try again later"};
constexpr Defaults kPermanent{'5', "550", "5.7.1", "Message refused"};

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// RFC 3463: class "." 1*3digit "." 1*3digit
bool IsEnhanced(std::string_view word, char digit) {
  if (word.size() < 5 || word[0] != digit || word[1] != '.') return false;
  const std::size_t dot = word.find('.', 2);
  if (dot == std::string_view::npos) return false;
  for (const std::string_view number : {word.substr(2, dot - 2), word.substr(dot + 1)}) {
    if (number.empty() || number.size() > 3) return false;
    for (const char c : number) {
      if (!IsDigit(c)) return false;
    }
  }
  return true;
}

// Printable ASCII, '%' doubled, never more than kMaxText bytes and never half a pair.
std::string SafeText(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const std::string_view piece = c == '%' ? "%%" : std::string_view(&c, 1);
    if (out.size() + piece.size() > kMaxText) break;
    const bool printable = c >= ' ' && c <= '~';
    if (printable) {
      out += piece;
    } else {
      out += c == '\t' || c == '\r' || c == '\n' ? ' ' : '?';
    }
  }
  const std::size_t first = out.find_first_not_of(' ');
  if (first == std::string::npos) return "";
  return out.substr(first, out.find_last_not_of(' ') - first + 1);
}

}  // namespace

SmtpReply MakeReply(Refusal refusal, const policy::Reply& reply) {
  const Defaults& plain = refusal == Refusal::kTemporary ? kTemporary : kPermanent;
  SmtpReply out{std::string(plain.code), std::string(plain.enhanced), SafeText(reply.text)};
  if (reply.code / 100 == plain.digit - '0') {
    std::array<char, 4> digits{};
    const auto [end, error] = std::to_chars(digits.begin(), digits.end(), reply.code);
    out.code.assign(digits.begin(), end);
  }
  if (IsEnhanced(reply.enhanced, plain.digit)) out.enhanced = reply.enhanced;
  if (out.text.empty()) out.text = plain.text;
  return out;
}

}  // namespace warifu::daemon
