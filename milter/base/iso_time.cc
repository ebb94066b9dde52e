#include "base/iso_time.h"

#include <cstdio>
#include <optional>

namespace warifu {
namespace {

// The next `digits` digits, and then `after` unless that is 0; both are taken off.
std::optional<int> Take(std::string_view* text, std::size_t digits, char after) {
  const std::size_t size = digits + (after != 0 ? 1 : 0);
  if (text->size() < size || (after != 0 && (*text)[digits] != after)) return std::nullopt;
  int value = 0;
  for (const char c : text->substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text->remove_prefix(size);
  return value;
}

// "Z" or "+09:00".
std::optional<std::chrono::minutes> Offset(std::string_view text) {
  if (text == "Z" || text == "z") return std::chrono::minutes(0);
  if (text.empty() || (text[0] != '+' && text[0] != '-')) return std::nullopt;
  const int sign = text[0] == '-' ? -1 : 1;
  text.remove_prefix(1);
  const auto hours = Take(&text, 2, ':');
  const auto minutes = hours ? Take(&text, 2, 0) : std::nullopt;
  if (!minutes || !text.empty() || *hours > 23 || *minutes > 59) return std::nullopt;
  return std::chrono::minutes(sign * (*hours * 60 + *minutes));
}

std::optional<WallTime> Parse(std::string_view text) {
  const auto year = Take(&text, 4, '-');
  const auto month = year ? Take(&text, 2, '-') : std::nullopt;
  const auto day = month ? Take(&text, 2, 'T') : std::nullopt;
  const auto hour = day ? Take(&text, 2, ':') : std::nullopt;
  const auto minute = hour ? Take(&text, 2, ':') : std::nullopt;
  const auto second = minute ? Take(&text, 2, 0) : std::nullopt;
  if (!second || *hour > 23 || *minute > 59 || *second > 59) return std::nullopt;
  if (text.starts_with('.')) {
    const std::size_t end = text.find_first_not_of("0123456789", 1);
    if (end == std::string_view::npos || end == 1) return std::nullopt;
    text.remove_prefix(end);
  }
  const auto offset = Offset(text);
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!offset || !date.ok()) return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second) - *offset;
}

}  // namespace

std::string IsoTime(WallTime time) {
  const auto days = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(days);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - days));
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  return text;
}

Result<WallTime> ParseIsoTime(std::string_view text) {
  if (const auto time = Parse(text)) return *time;
  return Fail(ErrorKind::kInvalid,
              "'" + std::string(text) + "' is not a time such as 2026-01-31T23:59:59Z");
}

}  // namespace warifu
