// ISO time: points in time as JSON and the control protocol carry them (RFC 3339).
//
// Threads: pure.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace warifu {

// "2026-01-31T23:59:59Z", whole seconds, in UTC.
std::string IsoTime(WallTime time);

// The same with any offset, and with a fraction, which is cut. kInvalid for anything else, and for
// days that are not in the calendar.
Result<WallTime> ParseIsoTime(std::string_view text);

}  // namespace warifu
