#include "address_property.h"

#include <algorithm>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/utf8.h"

namespace warifu {
namespace {

// The field without its quoted strings, comments and raw ISO-2022-JP, each left as one space.
std::string Bare(std::string_view field) {
  std::string out;
  int depth = 0;
  bool quoted = false;
  bool shifted = false;
  for (std::size_t i = 0; i < field.size(); ++i) {
    const char c = field[i];
    if (c == '\x1b') {
      const std::size_t length = field.substr(i, 3) == "\x1b$(" ? 4 : 3;
      shifted = field.substr(i, 3) != "\x1b(B" && field.substr(i, 3) != "\x1b(J";
      i += length - 1;
    } else if (shifted) {
      continue;
    } else if ((quoted || depth > 0) && c == '\\') {
      ++i;
    } else if (c == '"' && depth == 0) {
      quoted = !quoted;
      out += ' ';
    } else if (c == '(' && !quoted) {
      ++depth;
    } else if (c == ')' && depth > 0) {
      if (--depth == 0) out += ' ';
    } else if (!quoted && depth == 0) {
      out += c;
    }
  }
  return out;
}

bool IsPart(char c, std::string_view marks) {
  const auto u = static_cast<unsigned char>(c);
  return u >= 0x80 || (u >= '0' && u <= '9') || (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') ||
         marks.contains(c);
}

}  // namespace

std::vector<std::string> NaivelySeen(std::string_view field) {
  const std::string text = Bare(field);
  std::vector<std::string> out;
  for (std::size_t at = text.find('@'); at != text.npos; at = text.find('@', at + 1)) {
    std::size_t begin = at;
    while (begin > 0 && IsPart(text[begin - 1], "!#$%&'*+-/=?^_`{|}~.")) --begin;
    std::size_t end = at + 1;
    while (end < text.size() && IsPart(text[end], "-_.")) ++end;
    if (begin < at && end > at + 1) out.push_back(text.substr(begin, end - begin));
  }
  return out;
}

std::string Violation(std::string_view field) {
  const Result<AddressList> list = ParseAddressList(field, {});
  if (!list) return list.error().text.empty() ? "a refusal without a reason" : "";
  for (const Mailbox& mailbox : list->mailboxes) {
    const std::string addr = mailbox.address.ToString();
    const Result<Address> again = ParsePath("<" + addr + ">", {});
    if (!again || *again != mailbox.address) return "reads back otherwise: " + addr;
    if (!IsUtf8(mailbox.display_name + mailbox.comment)) return "a name that is not UTF-8";
  }
  // In raw Shift_JIS an @ may be half of a character: naive readers are many there.
  if (!IsUtf8(field)) return "";
  for (const std::string& naive : NaivelySeen(field)) {
    const Result<Address> address = ParseAddrSpec(naive, {});
    const bool known = address && std::ranges::find(list->mailboxes, *address, &Mailbox::address) !=
                                      list->mailboxes.end();
    if (!known) return "a naive reader sees " + naive;
  }
  return "";
}

}  // namespace warifu
