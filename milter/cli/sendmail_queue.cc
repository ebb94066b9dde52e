#include "cli/sendmail_queue.h"

#include <algorithm>
#include <cctype>

#include "base/redact.h"
#include "cli/program.h"
#include "cli/sendmail_config.h"

namespace warifu::cli {
namespace {

constexpr char kQuarantine[] = "quarantine";

class SendmailQueue final : public MailQueue {
 public:
  explicit SendmailQueue(std::string config) : config_(std::move(config)) {}

  Result<std::map<std::string, QueuedMail>> Ask(const std::set<std::string>& wanted) override;
  Result<bool> Release(const std::string& queue_id) override;

  std::string List() const override { return "mailq"; }
  std::string Read(const std::string& queue_id) const override {
    return "find " + Directory() + " -name '[dh]f" + queue_id + "' -exec cat {} +";
  }
  std::string Remove(const std::string& queue_id) const override {
    return "find " + Directory() + " -name '[dh]f" + queue_id + "' -delete";
  }

 private:
  Result<std::string> Run(std::initializer_list<std::string> words, bool whole_listing) const;
  std::string Directory() const;

  std::string config_;
};

Result<std::string> SendmailQueue::Run(std::initializer_list<std::string> words,
                                       bool whole_listing) const {
  std::vector<std::string> command = {"sendmail"};
  if (!config_.empty()) command.insert(command.end(), {"-C", config_});
  command.insert(command.end(), words);
  ProgramOptions options{.errors_too = true, .failure_too = true};
  if (whole_listing) options.most = kQueueListing;
  auto said = RunProgram(command, kQueuePatience, options);
  if (!said && said.error().kind == ErrorKind::kNotFound) {
    return Fail(ErrorKind::kNotFound,
                "sendmail is not found: held mail is released on the machine "
                "of the MTA");
  }
  return said;
}

Error Refused(std::string_view said) {
  const std::string first = Printable(std::string(said.substr(0, said.find('\n'))), 300);
  return {ErrorKind::kSystem, "sendmail: " + (first.empty() ? "no answer" : first), {}};
}

Result<std::map<std::string, QueuedMail>> SendmailQueue::Ask(const std::set<std::string>& wanted) {
  std::map<std::string, QueuedMail> mails;
  const std::pair<const char*, bool> queues[] = {{kQuarantine, true}, {"mail", false}};
  for (const auto& [queue, held] : queues) {
    const auto listing = held ? Run({"-bp", "-qQ"}, true) : Run({"-bp"}, true);
    if (!listing) return std::unexpected(listing.error());
    // The last line of each listing, also of an empty one.
    if (listing->find("Total requests:") == std::string::npos) {
      return std::unexpected(Refused(*listing));
    }
    for (auto& [id, mail] : ReadSendmailQueue(*listing, wanted, queue)) {
      mail.held = held;
      mails.emplace(id, std::move(mail));
    }
    if (mails.size() == wanted.size()) break;
  }
  return mails;
}

Result<bool> SendmailQueue::Release(const std::string& queue_id) {
  if (!IsQueueId(queue_id)) {
    return Fail(ErrorKind::kInvalid, "'" + Printable(queue_id, 40) + "' is no queue id");
  }
  // -qI takes any part of an id; one that is whole is part of no other.
  const auto before = Ask({queue_id});
  if (!before) return std::unexpected(before.error());
  const auto found = before->find(queue_id);
  if (found == before->end() || !found->second.held) return false;
  const auto said = Run({"-qQ", "-qI" + queue_id, "-Q"}, false);
  if (!said) return std::unexpected(said.error());
  if (!said->empty()) return std::unexpected(Refused(*said));
  const auto after = Ask({queue_id});
  if (!after) return std::unexpected(after.error());
  if (const auto left = after->find(queue_id); left != after->end() && left->second.held) {
    return Fail(ErrorKind::kTemporary,
                "sendmail left it in the quarantine; another process may be working on it");
  }
  // Else it waits for the next run of the queue. What fails here is no more than that.
  std::ignore = Run({"-qI" + queue_id}, false);
  return true;
}

// Where the queue files are, in it or below.
std::string SendmailQueue::Directory() const {
  std::string path = "/var/spool/mqueue";
  if (const auto config = LoadSendmail(config_.empty() ? "/etc/mail/sendmail.cf" : config_)) {
    const auto it = config->options.find("queuedirectory");
    if (it != config->options.end()) path = it->second;
  }
  if (path.ends_with('*')) path.resize(std::min(path.rfind('/'), path.size()));
  return ShellWord(path);
}

bool IsIdByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

}  // namespace

std::unique_ptr<MailQueue> MakeSendmailQueue(const std::string& config) {
  return std::make_unique<SendmailQueue>(config);
}

// "6AMMr4K4012159*      34 Sun Nov 22 22:53 <tanaka@example.jp>", recipients indented below.
std::map<std::string, QueuedMail> ReadSendmailQueue(std::string_view listing,
                                                    const std::set<std::string>& wanted,
                                                    const std::string& queue) {
  std::map<std::string, QueuedMail> mails;
  while (!listing.empty()) {
    const std::string_view line = listing.substr(0, listing.find('\n'));
    listing.remove_prefix(std::min(line.size() + 1, listing.size()));
    const auto end = std::ranges::find_if_not(line, IsIdByte);
    std::string id(line.begin(), end);
    // "*", "-" or "X" stands right behind an id that is locked, too young, or kept by load.
    if (!wanted.contains(id) && id.ends_with('X')) id.pop_back();
    if (!wanted.contains(id)) continue;
    const std::size_t open = line.find('<'), close = line.rfind('>');
    const bool named = open != std::string_view::npos && close != std::string_view::npos;
    mails[id] = {
        queue, named ? std::string(line.substr(open + 1, close - open - 1)) : "", {}, false};
  }
  return mails;
}

}  // namespace warifu::cli
