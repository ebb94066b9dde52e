// Structured field bodies: a value and parameters (RFC 2045 and RFC 2231).
//
// Tolerant as mail programs are: values without quotes that hold blanks, encoded words and raw
// Japanese in values. Bytes between Japanese escapes are never taken for quotes or separators.
//
// SECURITY: input is hostile; linear in time, at most 200 parameters are read. Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace warifu::mail {

struct Parameter {
  std::string name;   // lower case, without RFC 2231 marks
  std::string value;  // UTF-8, decoded
  std::string raw;    // bytes, unquoted, not decoded: for boundaries
};

struct Parameterised {
  std::string value;  // lower case: "text/plain", "attachment"
  std::vector<Parameter> parameters;
  bool conflicting = false;  // a parameter comes twice with different values

  // nullptr when absent; the first one of that name.
  const Parameter* Find(std::string_view name) const;
};

Parameterised ParseParameterised(std::string_view raw_body);

}  // namespace warifu::mail
