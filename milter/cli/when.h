// When: times as people type and read them, in the machine's own zone.
//
// Threads: pure, but for the zone (TZ).
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace warifu::cli {

// "90s", "15m", "24h", "30d", "2w". More than nothing, at most 100 years.
Result<std::chrono::seconds> ParseSpan(std::string_view text);

// What a day without a time means: its first moment, or the moment after its last.
enum class Edge { kStart, kEnd };

// "2026-12-31", "2026-12-31 18:00", "2026-12-31T18:00", or RFC 3339 with a zone.
Result<WallTime> ParseMoment(std::string_view text, Edge edge);

// A moment, or a span before `now`.
Result<WallTime> ParseSince(std::string_view text, WallTime now);

// "2026-12-31 18:00"
std::string LocalTime(WallTime time);
// "3 h ago", "in 3 h", "now"; the largest whole unit of minutes, hours and days.
std::string Distance(WallTime time, WallTime now);
// "2026-12-31 18:00 (3 h ago)"
std::string TimeText(WallTime time, WallTime now);

}  // namespace warifu::cli
