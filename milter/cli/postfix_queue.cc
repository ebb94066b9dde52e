#include "cli/postfix_queue.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/redact.h"
#include "cli/program.h"

namespace warifu::cli {
namespace {

using Json = nlohmann::json;

class PostfixQueue final : public MailQueue {
 public:
  explicit PostfixQueue(std::string config) : config_(std::move(config)) {}

  Result<std::map<std::string, QueuedMail>> Ask(const std::set<std::string>& wanted) override {
    const auto listing =
        RunProgram(Command("postqueue", {"-j"}), kQueuePatience, {.most = kQueueListing});
    if (!listing) return std::unexpected(Explain(listing.error()));
    return ReadPostfixQueue(*listing, wanted);
  }
  Result<bool> Release(const std::string& queue_id) override;

  std::string List() const override { return "postqueue -p"; }
  std::string Read(const std::string& queue_id) const override {
    return "postcat -qbh " + queue_id;
  }
  std::string Remove(const std::string& queue_id) const override {
    return "postsuper -d " + queue_id;
  }

 private:
  std::vector<std::string> Command(const char* program,
                                   std::initializer_list<std::string> words) const {
    std::vector<std::string> command = {program};
    if (!config_.empty()) command.insert(command.end(), {"-c", config_});
    command.insert(command.end(), words);
    return command;
  }
  static Error Explain(Error error) {
    if (error.kind == ErrorKind::kNotFound) {
      error.text +=
          "; held mail is released on the machine of the MTA, and Sendmail is asked "
          "where sendmail.config_file names its sendmail.cf";
    }
    return error;
  }

  std::string config_;
};

Result<bool> PostfixQueue::Release(const std::string& queue_id) {
  if (!IsQueueId(queue_id)) {
    return Fail(ErrorKind::kInvalid, "'" + Printable(queue_id, 40) + "' is no queue id");
  }
  const auto said = RunProgram(Command("postsuper", {"-H", queue_id}), kQueuePatience,
                               {.errors_too = true, .failure_too = true});
  if (!said) return std::unexpected(Explain(said.error()));
  if (said->find("Released from hold: 1 message") != std::string::npos) {
    // Else it waits for the next run of the queue. What fails here is no more than that.
    std::ignore = RunProgram(Command("postqueue", {"-i", queue_id}), kQueuePatience);
    return true;
  }
  if (said->find("fatal") != std::string::npos || said->find("error") != std::string::npos) {
    return Fail(ErrorKind::kSystem, Printable(said->substr(0, said->find('\n')), 300));
  }
  return false;
}

}  // namespace

std::unique_ptr<MailQueue> MakePostfixQueue(const std::string& config) {
  return std::make_unique<PostfixQueue>(config);
}

std::map<std::string, QueuedMail> ReadPostfixQueue(std::string_view listing,
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
    QueuedMail mail{text("queue_name"), text("sender"), WallTime{}, text("queue_name") == "hold"};
    if (const auto it = json.find("arrival_time"); it != json.end() && it->is_number_integer()) {
      mail.arrived = WallTime(std::chrono::seconds(it->get<std::int64_t>()));
    }
    mails[id] = std::move(mail);
  }
  return mails;
}

}  // namespace warifu::cli
