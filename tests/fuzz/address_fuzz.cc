// Address fields: the properties of tests/base/address_property.h on the fuzzer's bytes.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/address_property.h"
#include "input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string violation = warifu::Violation(warifu::fuzz::Text(data, size));
  warifu::fuzz::Require(violation.empty(), violation);
  return 0;
}
