#include "cli/when.h"

#include <charconv>
#include <ctime>

#include "base/iso_time.h"
#include "base/redact.h"

namespace warifu::cli {
namespace {

using std::chrono::seconds;

constexpr seconds kLongest = std::chrono::days(36'500);

std::unexpected<Error> Wrong(std::string_view text, const char* why) {
  return Fail(ErrorKind::kInvalid, "'" + Printable(text, 60) + "' " + why);
}

}  // namespace

Result<seconds> ParseSpan(std::string_view text) {
  constexpr const char* kForm = "is not a span such as 90s, 15m, 24h, 30d or 2w";
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), count);
  if (error != std::errc() || end + 1 != text.end()) return Wrong(text, kForm);
  std::int64_t unit = 0;
  switch (*end) {
    case 's':
      unit = 1;
      break;
    case 'm':
      unit = 60;
      break;
    case 'h':
      unit = 3'600;
      break;
    case 'd':
      unit = 86'400;
      break;
    case 'w':
      unit = 7 * 86'400;
      break;
    default:
      return Wrong(text, kForm);
  }
  if (count <= 0 || count > kLongest.count() / unit)
    return Wrong(text, "is no span of 1s to 36500d");
  return seconds(count * unit);
}

Result<WallTime> ParseMoment(std::string_view text, Edge edge) {
  if (const auto time = ParseIsoTime(text)) return *time;
  const std::string copy(text);
  for (const char* form : {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"}) {
    std::tm parts{};
    const char* end = ::strptime(copy.c_str(), form, &parts);
    if (end == nullptr || *end != '\0' || text.size() < 10 || text[4] != '-') continue;
    const int day = parts.tm_mday;
    if (text.size() == 10 && edge == Edge::kEnd) ++parts.tm_mday;
    std::tm check = parts;
    check.tm_mday = day;
    check.tm_isdst = parts.tm_isdst = -1;
    // mktime() would take the 31st of February for a day in March.
    if (std::mktime(&check) == -1 || check.tm_mday != day) break;
    return WallTime(seconds(std::mktime(&parts)));
  }
  return Wrong(text, "is not a time such as 2026-12-31 or '2026-12-31 18:00'");
}

Result<WallTime> ParseSince(std::string_view text, WallTime now) {
  if (const auto span = ParseSpan(text)) return now - *span;
  const auto moment = ParseMoment(text, Edge::kStart);
  if (moment) return moment;
  return Wrong(text, "is neither a span such as 24h nor a time such as 2026-12-31");
}

std::string LocalTime(WallTime time) {
  const std::time_t stamp = std::chrono::floor<seconds>(time).time_since_epoch().count();
  std::tm parts{};
  ::localtime_r(&stamp, &parts);
  char text[64];
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M", &parts)};
}

std::string Distance(WallTime time, WallTime now) {
  const auto gap =
      std::chrono::abs(std::chrono::floor<seconds>(time) - std::chrono::floor<seconds>(now));
  const std::int64_t count = gap.count();
  if (count < 60) return time > now ? "in less than 1 min" : "just now";
  const std::string size = count < 2 * 3'600    ? std::to_string(count / 60) + " min"
                           : count < 48 * 3'600 ? std::to_string(count / 3'600) + " h"
                                                : std::to_string(count / 86'400) + " d";
  return time > now ? "in " + size : size + " ago";
}

std::string TimeText(WallTime time, WallTime now) {
  return LocalTime(time) + " (" + Distance(time, now) + ")";
}

}  // namespace warifu::cli
