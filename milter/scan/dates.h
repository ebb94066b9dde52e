// Dates: whether a piece of text is a date, or a date and time, that exists.
//
// Reads the forms that tables and mails hold: 1998-05-23, 1998/5/23, 5/23/1998, 23.5.1998,
// 19980523, 1998年5月23日, 平成10年5月23日, H10.5.23; with a time 10:00, 10:00:00.5, 10時00分30秒,
// am/pm, Z or an offset. Where the order of day and month is open, either reading will do.
// Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/offset_map.h"

namespace warifu::scan {

bool IsDate(std::string_view text);
bool IsDateTime(std::string_view text);

// "1998-05-23" for a date or a date with a time, which is left out; "" for anything else. Where the
// order is open the month comes first.
std::string IsoDateOf(std::string_view text);

struct DateIn {
  Span span;        // of the date, without a time
  std::string iso;  // an open order gives two of one span
};

// Every date in a line of text, in the order of the forms above.
std::vector<DateIn> FindDates(std::string_view line);

}  // namespace warifu::scan
