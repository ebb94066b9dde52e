// RecordSchema: a row of a table, written by its fields, as patterns.
//
// `fields` names the columns of an operator's own member table; each becomes a piece of a regular
// expression, and every delimiter makes one expression of its own, since a row keeps to one.
//
//   field   = type [ "{m}" | "{m,n}" | "{m,}" ] [ "as" name ] [ "* k" | "* k..n" ] [ "optional" ]
//   type    = digits login email password datetime date hash hex name any free
//   name    = secret (what is masked and named), account (whose record it is), anything else
//
// Counts are characters. A row may be folded once after each delimiter, as mail programs fold long
// lines; quoted cells ("…") are understood. `any` may be empty and holds no delimiter; `free`, only
// as the last field, may hold them. A secret is the run between the delimiters, verbatim.
//
// Refuses: unknown types and words, bad counts, no field marked as secret, free before the end,
// rows whose cells could all be empty.
// Threads: pure.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "scan/rule.h"

namespace warifu::scan {

// One pattern for each delimiter. The error's text names the field that is wrong.
Result<std::vector<RulePattern>> CompileRecord(std::span<const std::string> delimiters,
                                               std::span<const std::string> fields);

}  // namespace warifu::scan
