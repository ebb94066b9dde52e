// Postfix queue: what Postfix holds of given queue ids, and letting it go.
//
// postqueue(1) is asked for the whole queue, since it knows no other question; only the ids that
// are wanted are kept. postsuper(1) releases; a mail that it has moved from the hold queue is not
// shown to any milter again. Both need root, or what main.cf grants.
//
// SECURITY: senders in the listing are strangers' words. Queue ids are checked for their form
// before they become an argument of a program. Threads: one at a time.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"

namespace warifu::cli {

struct QueuedMail {
  std::string queue;  // "hold", "active", "deferred", "incoming"
  std::string sender;
  WallTime arrived = {};
};

// Letters and digits, as Postfix makes them.
bool IsQueueId(std::string_view text);

// From the output of `postqueue -j`: those of `wanted`, by queue id.
std::map<std::string, QueuedMail> ReadQueue(std::string_view listing,
                                            const std::set<std::string>& wanted);

// `config`: the folder of main.cf; "" for Postfix's own.
Result<std::map<std::string, QueuedMail>> AskQueue(const std::string& config,
                                                   const std::set<std::string>& wanted);

// True when Postfix says that it let the mail go; false when it does not hold it.
Result<bool> ReleaseMail(const std::string& config, const std::string& queue_id);

}  // namespace warifu::cli
