#include "cli/postfix_queue.h"

#include <algorithm>
#include <cctype>
#include <nlohmann/json.hpp>

#include "base/redact.h"
#include "cli/program.h"

namespace warifu::cli {
namespace {

using Json = nlohmann::json;

constexpr std::chrono::minutes kPatience{2};
constexpr std::size_t kListing = 512u << 20;  // some 1,000,000 mails

std::vector<std::string> CommandOf(const char* program, const std::string& config,
                                   std::initializer_list<std::string> words) {
  std::vector<std::string> command = {program};
  if (!config.empty()) command.insert(command.end(), {"-c", config});
  command.insert(command.end(), words);
  return command;
}

Error Explain(Error error, const char* program) {
  if (error.kind == ErrorKind::kNotFound) {
    error.text = std::string(program) +
                 " is not found: held mail can be released on a machine with Postfix only; "
                 "Sendmail's quarantine is not yet handled (there: mailq -qQ, and sendmail -qQ)";
  }
  return error;
}

}  // namespace

bool IsQueueId(std::string_view text) {
  return text.size() >= 5 && text.size() <= 40 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0; });
}

std::map<std::string, QueuedMail> ReadQueue(std::string_view listing,
                                            const std::set<std::string>& wanted) {
  std::map<std::string, QueuedMail> mails;
  while (!listing.empty()) {
    const std::size_t end = std::min(listing.find('\n'), listing.size());
    const Json json = Json::parse(listing.substr(0, end), nullptr, /*allow_exceptions=*/false);
    listing.remove_prefix(std::min(end + 1, listing.size()));
    if (!json.is_object()) continue;
    const auto text = [&](const char* key) {
      const auto it = json.find(key);
      return it != json.end() && it->is_string() ? it->get<std::string>() : std::string();
    };
    const std::string id = text("queue_id");
    if (!wanted.contains(id)) continue;
    QueuedMail mail{text("queue_name"), text("sender"), {}};
    if (const auto it = json.find("arrival_time"); it != json.end() && it->is_number_integer()) {
      mail.arrived = WallTime(std::chrono::seconds(it->get<std::int64_t>()));
    }
    mails[id] = std::move(mail);
  }
  return mails;
}

Result<std::map<std::string, QueuedMail>> AskQueue(const std::string& config,
                                                   const std::set<std::string>& wanted) {
  const auto listing =
      RunProgram(CommandOf("postqueue", config, {"-j"}), kPatience, {.most = kListing});
  if (!listing) return std::unexpected(Explain(listing.error(), "postqueue"));
  return ReadQueue(*listing, wanted);
}

Result<bool> ReleaseMail(const std::string& config, const std::string& queue_id) {
  if (!IsQueueId(queue_id)) {
    return Fail(ErrorKind::kInvalid, "'" + Printable(queue_id, 40) + "' is no queue id");
  }
  const auto said = RunProgram(CommandOf("postsuper", config, {"-H", queue_id}), kPatience,
                               {.errors_too = true, .failure_too = true});
  if (!said) return std::unexpected(Explain(said.error(), "postsuper"));
  if (said->find("Released from hold: 1 message") != std::string::npos) {
    // Else it waits for the next run of the queue. What fails here is no more than that.
    std::ignore = RunProgram(CommandOf("postqueue", config, {"-i", queue_id}), kPatience);
    return true;
  }
  if (said->find("fatal") != std::string::npos || said->find("error") != std::string::npos) {
    return Fail(ErrorKind::kSystem, Printable(said->substr(0, said->find('\n')), 300));
  }
  return false;
}

}  // namespace warifu::cli
