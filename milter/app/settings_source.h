// Settings source: what must be known about the text of a configuration before libconfig reads it.
//
// libconfig 1.5 cuts an integer beyond 32 bits silently (4294967301 becomes 5), ends the whole
// process when an included file is a folder, and cuts a string at a NUL byte. This reader walks the
// file and all that it includes, knows just enough of the syntax (comments, strings, @include) and
// reports those.
// Refuses: files that are not regular, larger than 4 MiB, that hold NUL bytes, or are included more
// than 10 deep, which is libconfig's own limit.
// Threads: reentrant.
#pragma once

#include <string>

#include "base/error.h"

namespace warifu::app {

// Empty when libconfig may read `path`. Relative includes are searched in the folder of `path`.
// What to write instead, where a line names a setting by its path (`limits.parts = 5;`), which
// libconfig takes for an error of syntax; "" for any other line.
std::string DottedNameHint(const Place& place);

Errors CheckSource(const std::string& path);

// Folder of `path`, "." where it names none.
std::string FolderOf(const std::string& path);

}  // namespace warifu::app
