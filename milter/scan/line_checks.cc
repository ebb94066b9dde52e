#include "scan/line_checks.h"

#include "scan/cell_types.h"

namespace warifu::scan {
namespace {

bool IsLocal(char c) {
  return (ClassOf(c) & kWordBytes) != 0 || std::string_view("!#$%&'*/=?^{|}~").contains(c);
}

}  // namespace

bool MayBeAddress(std::string_view line, std::size_t at) {
  std::size_t begin = at, end = at + 1;
  while (begin > 0 && IsLocal(line[begin - 1])) --begin;
  while (end < line.size() && (ClassOf(line[end]) & kWordBytes) != 0) ++end;
  return begin < at && end > at + 1 &&
         (begin == 0 || !std::string_view("<([").contains(line[begin - 1])) &&
         (end == line.size() || !std::string_view(">)]").contains(line[end]));
}

bool HoldsNumber(std::string_view line, std::size_t digits, std::size_t hex) {
  std::size_t number = 0, run = 0;
  bool joins = false;
  for (const char c : line) {
    const ByteClasses of = ClassOf(c);
    run = (of & (kDigitByte | kHexByte)) != 0 ? run + 1 : 0;
    if (of == kDigitByte) {
      ++number;
    } else if (!joins || (c != ' ' && c != '-')) {
      number = 0;
    }
    joins = of == kDigitByte;
    if (number >= digits || run >= hex) return true;
  }
  return false;
}

}  // namespace warifu::scan
