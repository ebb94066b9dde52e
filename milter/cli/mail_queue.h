// Mail queue: what the MTA of this machine holds of given queue ids, and letting it go.
//
// Which MTA that is: the one whose configuration is named on the command line or in warifu.conf;
// else Postfix where postqueue(1) is found, else Sendmail. Listing and releasing need root, or what
// the MTA's own configuration grants.
//
// SECURITY: senders in a listing are strangers' words. Queue ids are checked for their form before
// they become an argument of a program. Threads: one at a time.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "app/settings.h"
#include "base/clock.h"
#include "base/error.h"
#include "cli/command.h"

namespace warifu::cli {

struct QueuedMail {
  std::string queue;  // the MTA's word: "hold", "deferred", "quarantine", …
  std::string sender;
  // Where the MTA uses queue ids again and the time tells one mail from the other.
  std::optional<WallTime> arrived;
  bool held = false;
};

class MailQueue {
 public:
  virtual ~MailQueue() = default;
  // What waits or is held of `wanted`, by queue id.
  virtual Result<std::map<std::string, QueuedMail>> Ask(const std::set<std::string>& wanted) = 0;
  // True when the MTA let the mail go; false when it does not hold it. It is not shown to any
  // milter again.
  virtual Result<bool> Release(const std::string& queue_id) = 0;

  // Commands for people.
  virtual std::string List() const = 0;
  virtual std::string Read(const std::string& queue_id) const = 0;
  virtual std::string Remove(const std::string& queue_id) const = 0;
};

// Of --config-directory or --sendmail, else as `settings` have it.
std::unique_ptr<MailQueue> QueueFor(const Arguments& arguments, const app::Settings& settings);

// Letters and digits, as both make them.
bool IsQueueId(std::string_view text);

// Longer than any listing takes.
inline constexpr std::chrono::minutes kQueuePatience{2};
inline constexpr std::size_t kQueueListing = 512u << 20;  // bytes; some 1,000,000 mails

}  // namespace warifu::cli
