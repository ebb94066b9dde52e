// Check running: whether the daemon answers where the MTA will ask it.
//
// A whole milter handshake at socket.address (version 6 of the protocol, then quit; no mail), a
// lookup at socketmap.address, and its status at the control socket, which also tells whether its
// store and directory answer and whether it serves what the files hold. Nothing waits longer than
// 3 seconds, and nothing is changed: a store that is asked by the daemon alone gets no file of
// ours. Threads: one at a time.
#pragma once

#include <chrono>
#include <string>

#include "app/settings.h"
#include "base/error.h"
#include "cli/check_report.h"

namespace warifu::cli {

// `rules_version`: of the rules in the files; "" where they do not load.
CheckReport CheckRunning(const app::Settings& settings, const std::string& rules_version);

// The protocol's version that answers at `address` ("unix:/…", "inet:port@host"). kNotFound:
// nobody listens; kSystem: this user may not ask; kTemporary: no answer in time; kInvalid: no
// milter.
Result<int> ShakeHands(const std::string& address, std::chrono::milliseconds timeout);
// What a socketmap says of `key`, without its netstring: "NOTFOUND ".
Result<std::string> AskSocketmap(const std::string& address, const std::string& key,
                                 std::chrono::milliseconds timeout);

}  // namespace warifu::cli
