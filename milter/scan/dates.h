// Dates: whether a piece of text is a date, or a date and time, that exists.
//
// Reads the forms that tables and mails hold: 1998-05-23, 1998/5/23, 5/23/1998, 23.5.1998,
// 19980523, 1998年5月23日, 平成10年5月23日, H10.5.23; with a time 10:00, 10:00:00.5, 10時00分30秒,
// am/pm, Z or an offset. Where the order of day and month is open, either reading will do.
// Threads: pure.
#pragma once

#include <string_view>

namespace warifu::scan {

bool IsDate(std::string_view text);
bool IsDateTime(std::string_view text);

}  // namespace warifu::scan
