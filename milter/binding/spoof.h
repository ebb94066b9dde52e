// Spoof: does a stranger write in the name of a local domain? (binding.md, `spoof`)
//
// For sessions without an account that come from outside. Every author in From counts, and a From
// that cannot be read but shows a local domain. Mail of lists (List-Id) and of forwarders that seal
// what they received (ARC) passes: they carry our users' mail back to us lawfully. Both marks can
// be forged, so this check tags and never proves; the networks of known forwarders are let off by
// the caller.
//
// SECURITY: fields are hostile. Threads: pure.
#pragma once

#include "base/check_result.h"
#include "binding/checks.h"

namespace warifu::binding {

CheckResult CheckSpoof(const Fields& fields, const Options& options);

}  // namespace warifu::binding
