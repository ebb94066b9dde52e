// Edits: carries out at the MTA what End() has decided, in the one order that all MTAs take.
//
// First the head (forged fields deleted, fields changed, fields added), then the body in one run,
// then the quarantine. Deletions go by the position among the fields of that name as received, from
// the last to the first, so that no deletion moves the next.
//
// Guarantees: stops at the first step that fails and names it; the caller then answers with a
// temporary failure, so that no half-edited mail is delivered.
// Refuses: values that would break out of their field (bare CR, NUL, a line that is no
// continuation) and names that are no field names.
// Threads: pure, beside what `mta` does.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "app/inspector.h"
#include "base/error.h"
#include "daemon/mta.h"

namespace warifu::daemon {

// How often each head field name came, of at most `limit` different names.
class FieldCounts {
 public:
  explicit FieldCounts(std::size_t limit) : limit_(limit) {}
  void Add(std::string_view name);
  // kInvalid when the name may have been among those that were not counted.
  Result<int> Of(std::string_view name) const;

 private:
  std::size_t limit_;
  bool overflow_ = false;
  std::map<std::string, int, std::less<>> counts_;  // by lower-case name
};

// `leading_space`: the MTA takes values with their leading space, and adds none itself.
Result<void> ApplyEdits(const app::EndActions& actions, const FieldCounts& received,
                        bool leading_space, MtaActions& mta);

}  // namespace warifu::daemon
