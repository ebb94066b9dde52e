// Head: the fields of a message or part, as they stand in the raw bytes.
//
// Fields are views into the input. What mail programs read differently is reported: lines that are
// no field, NUL, a bare CR, a head that ends without an empty line.
//
// SECURITY: input is hostile; linear in time, bounded by `max_fields`. Threads: pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/offset_map.h"
#include "mail/boundary.h"

namespace warifu::mail {

struct RawField {
  std::string_view name;  // as written, without blanks before the colon
  std::string_view body;  // behind the colon, folds kept, without the last line end
};

struct Head {
  std::vector<RawField> fields;
  std::size_t body_begin = 0;  // behind the empty line, or where the input ends
  // The first line that is no field, to the end of the head: other readers take it for the body.
  Span junk;
  bool no_fields = false;  // nothing in it is a field: the body begins at once
  bool has_nul = false;
  bool has_bare_cr = false;
  bool too_many_fields = false;  // fields behind the limit were left out

  // Body of the first field of that name, or nullptr.
  const RawField* Find(std::string_view name) const;
  // How many fields have that name.
  std::size_t Count(std::string_view name) const;
};

// Reads the head that begins at `begin`, at most up to the next delimiter of `boundaries`. An mbox
// line "From " (or ">From ") at the begin is passed over.
Head ReadHead(std::string_view raw, std::size_t begin, const Boundaries& boundaries,
              std::size_t max_fields);

}  // namespace warifu::mail
