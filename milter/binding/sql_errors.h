// SQL errors: which of a database's errors a person must mend (kInvalid), and which may be over by
// themselves (kTemporary). PostgreSQL's are told apart by their SQLSTATE and MySQL's by their
// number, whatever language the server speaks; of SQLite's SOCI gives the text alone.
// Internal to binding. Threads: any.
#pragma once

#include <soci/error.h>

#include <chrono>
#include <string>

#include "base/error.h"

namespace warifu::binding {

ErrorKind KindOfSqlError(const soci::soci_error& error);

// A failed connection with these words of libpq's: asks the server once more, for its SQLSTATE.
ErrorKind KindOfRefusal(const soci::soci_error& error, const std::string& words,
                        std::chrono::milliseconds timeout);

}  // namespace warifu::binding
