#include "app/reference.h"

#include <sys/random.h>

#include <cstdint>
#include <string_view>

namespace warifu::app {

std::string MakeReference() {
  constexpr std::string_view kDigits = "0123456789abcdefghjkmnpqrstvwxyz";
  // The kernel's source, without state of our own: an engine of a thread would outlive its session
  // in libmilter's pool. So few bytes come whole, once the machine has started.
  std::uint64_t bits = 0;
  while (getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits)) {
  }
  std::string out;
  for (int i = 0; i < 10; ++i) {
    if (i == 5) out.push_back('-');
    out.push_back(kDigits[bits % kDigits.size()]);
    bits /= kDigits.size();
  }
  return out;
}

}  // namespace warifu::app
