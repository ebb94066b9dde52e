// PostgreSQL refusal: why a server does not let us in, told by its SQLSTATE, since its texts come
// in the server's language and libpq keeps the state of a failed connection to itself.
//
// SECURITY: the words may name a password file; nothing of them or of the server's text comes back.
// Threads: any.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace warifu::store {

// Connects once more and gives the five characters with which the server refuses ("28P01"); ""
// where it says nothing within `timeout`, or lets us in. `words` are libpq's.
std::string StateOfRefusal(const std::string& words, std::chrono::milliseconds timeout);

// Login, password, pg_hba.conf, database, right to connect: what a person must mend.
bool IsLastingRefusal(std::string_view state);

}  // namespace warifu::store
