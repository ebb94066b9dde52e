// `warifu incident release`: held mail, found by what a person has at hand, goes on its way.
#include <unistd.h>

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <ostream>
#include <set>

#include "base/iso_time.h"
#include "cli/handlers.h"
#include "cli/ledger_text.h"
#include "cli/mail_queue.h"
#include "cli/on_store.h"
#include "cli/tool_settings.h"

namespace warifu::cli {
namespace {

// A queue file is begun before its mail is judged, by as long as a client takes to send it.
constexpr std::chrono::hours kLongestSession{6};
constexpr std::chrono::minutes kSkew{1};
constexpr int kMostOfOne = 100'000;  // mails of one account or address

// What became of one incident.
struct Fate {
  Json incident;
  std::string result;  // "released", "not-held", "gone", "other-mail", "failed"
  std::string text;
};

class Release {
 public:
  Release(const Arguments& arguments, Terminal& terminal)
      : arguments_(arguments), terminal_(terminal) {}

  int Run();

 private:
  bool Find(const std::string& word);
  Fate Handle(const Json& incident, const std::map<std::string, QueuedMail>& queue);
  bool Settle(const std::string& reference);
  void Print(const Fate& fate);
  int Fail(const Errors& errors) {
    PrintErrors(terminal_, errors);
    return kExitError;
  }
  void Say(const std::string& text) { terminal_.err << "warifu: " << text << '\n'; }

  const Arguments& arguments_;
  Terminal& terminal_;
  std::unique_ptr<MailQueue> queue_;
  std::map<std::string, Json> found_;  // by reference
  bool missing_ = false;
};

// Adds the held mails that a word means. False on an error, which has been printed.
bool Release::Find(const std::string& word) {
  const Json arguments = {{"text", word}, {"limit", kMostOfOne}};
  const auto answer = Carry(arguments_, terminal_, "incident show", arguments.dump());
  if (!answer) return Fail(answer.error()), false;
  std::vector<Json> held;
  Json last;
  const Json found = Json::parse(*answer);
  for (const Json& row : found["rows"]) {
    const bool mail = TextOf(row, "action") == "hold" && row.contains("queue_id");
    if (mail && TextOf(row, "state") == "open") held.push_back(row);
    if (last.is_null()) last = row;
  }
  const bool exact = held.size() == 1 || arguments_.Has("all");
  if (!held.empty() && exact) {
    for (const Json& row : held) found_[TextOf(row, "reference")] = row;
    return true;
  }
  missing_ = true;
  if (!held.empty()) {
    Say(word + ": " + std::to_string(held.size()) +
        " held mails; to see them: warifu incident show " + word +
        "; to release all of them: --all");
  } else if (last.is_null()) {
    Say(word + ": no incident has that reference, queue id, account or address");
  } else if (TextOf(last, "state") != "open") {
    Say(word + ": " + TextOf(last, "state") + " already, " +
        TimeOf(terminal_, last["settled"], "at") + " by " + TextOf(last["settled"], "who"));
  } else {
    Say(word + ": nothing is held: " + TextOf(last, "reference") + " was answered with " +
        TextOf(last, "action") + ", so the sender has the mail");
  }
  return true;
}

Fate Release::Handle(const Json& incident, const std::map<std::string, QueuedMail>& queue) {
  const std::string id = incident.value("queue_id", "");
  const auto mail = queue.find(id);
  if (mail == queue.end()) {
    return {incident, "gone",
            "is no longer in this machine's queue: released, removed or bounced before (or held "
            "on another machine: this one was held on " +
                TextOf(incident, "gateway") + "); if it is done: warifu incident close " +
                TextOf(incident, "reference")};
  }
  // Short queue ids come again.
  const Result<WallTime> at = ParseIsoTime(incident.value("at", ""));
  const std::optional<WallTime> arrived = mail->second.arrived;
  if (!at || (arrived && (*arrived < *at - kLongestSession || *arrived > *at + kSkew))) {
    return {incident, "other-mail",
            "is gone: queue id " + id + " now belongs to another mail; warifu incident close " +
                TextOf(incident, "reference")};
  }
  if (!mail->second.held) {
    return {incident, "not-held",
            "is not held any more: it is in the " + mail->second.queue + " queue (" +
                queue_->List() + " says why); warifu incident close " +
                TextOf(incident, "reference")};
  }
  const Result<bool> done = queue_->Release(id);
  if (!done) return {incident, "failed", done.error().text};
  if (!*done) return {incident, "gone", "went away meanwhile"};
  return {incident, "released", ""};
}

bool Release::Settle(const std::string& reference) {
  Json json = {{"references", Json::array({reference})}, {"state", "released"}};
  if (arguments_.Has("why")) json["why"] = arguments_.Value("why");
  const auto answer = Carry(arguments_, terminal_, "incident settle", json.dump());
  if (answer && Json::parse(*answer)["settled"] == 1) return true;
  if (!answer) PrintErrors(terminal_, answer.error());
  Say("the mail has been released, but that could not be recorded; once the store works again: "
      "warifu incident close " +
      reference);
  return false;
}

void Release::Print(const Fate& fate) {
  const std::string reference = TextOf(fate.incident, "reference");
  if (arguments_.json()) {
    Json json = {{"reference", reference},
                 {"queue_id", TextOf(fate.incident, "queue_id")},
                 {"result", fate.result}};
    if (!fate.text.empty()) json["text"] = fate.text;
    terminal_.out << json.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  } else if (fate.result == "released") {
    terminal_.out << "released  " << reference << "  " << TextOf(fate.incident, "queue_id") << "  "
                  << TextOf(fate.incident, "sender") << " -> "
                  << TextOf(fate.incident, "recipients") << '\n';
  } else {
    Say(reference + " (" + TextOf(fate.incident, "queue_id") + ") " + fate.text);
  }
}

int Release::Run() {
  const auto settings = SettingsFor(arguments_);
  if (!settings) return Fail(settings.error());
  queue_ = QueueFor(arguments_, *settings);
  for (const std::string& word : arguments_.operands) {
    if (!Find(word)) return kExitError;
  }
  if (found_.empty()) return kExitFound;
  std::set<std::string> wanted;
  for (const auto& [reference, row] : found_) wanted.insert(row.value("queue_id", ""));
  const auto queue = queue_->Ask(wanted);
  if (!queue) return Fail({queue.error()});
  bool failed = false;
  for (const auto& [reference, row] : found_) {
    const Fate fate = Handle(row, *queue);
    const bool released = fate.result == "released";
    missing_ |= !released;
    failed |= fate.result == "failed";
    Print(fate);
    // At once, so that an interruption leaves no released mail without its record.
    if (released) failed |= !Settle(reference);
  }
  return failed ? kExitError : missing_ ? kExitFound : kExitClean;
}

}  // namespace

int RunIncidentRelease(const Arguments& arguments, Terminal& terminal) {
  return Release(arguments, terminal).Run();
}

}  // namespace warifu::cli
