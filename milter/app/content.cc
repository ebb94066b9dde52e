#include "app/content.h"

#include <algorithm>

#include "base/normalise.h"

namespace warifu::app {
namespace {

// Shorter strings occur by chance in dates and numbers; a preview shows nothing of them anyway.
constexpr std::size_t kShortestSecret = 4;

void AddTimeout(const Budget& budget, Faults* faults) {
  const bool said = std::ranges::any_of(
      *faults, [](const Fault& fault) { return fault.cause == FaultCause::kTimeout; });
  if (!said) faults->push_back({FaultCause::kTimeout, "", std::string(budget.why())});
}

// As the event says it.
std::string_view Word(const extract::FileType& type) {
  if (type.kind == extract::Kind::kEncrypted) return "yes";
  switch (type.encryption) {
    case extract::Encryption::kNotAsked:
      return "";
    case extract::Encryption::kNone:
      return "no";
    case extract::Encryption::kEncrypted:
      return "yes";
    case extract::Encryption::kUnknown:
      return "unknown";
  }
  return "";
}

class Attachments {
 public:
  Attachments(const Snapshot& snapshot, Budget& budget, Content* content)
      : snapshot_(snapshot), budget_(budget), content_(*content) {}

  // Attached mails add parts while this runs.
  void ReadAll() {
    for (std::size_t i = 0; i < content_.message.parts.size(); ++i) {
      if (!content_.message.parts[i].attachment) continue;
      if (budget_.Over()) return AddTimeout(budget_, &content_.faults);
      Read(i);
    }
  }

 private:
  void Read(std::size_t index) {
    const mail::Part& part = content_.message.parts[index];
    const Result<extract::FileType> type = snapshot_.typer->Identify(part.content);
    content_.attachments.push_back({part.number, part.name, part.type, type ? type->mime : "",
                                    std::string(type ? Word(*type) : "")});
    if (type && type->encryption == extract::Encryption::kEncrypted &&
        content_.sealed_part.empty()) {
      content_.sealed_part = part.number;
    }
    if (!type) {
      content_.faults.push_back({FaultCause::kResources, part.number, type.error().text});
      return;
    }
    const mail::Limits& limits = snapshot_.settings.limits;
    switch (type->kind) {
      case extract::Kind::kText:
        return mail::AddText(&content_.message, index, mail::TextKind::kPlain, limits);
      case extract::Kind::kHtml:
        return mail::AddText(&content_.message, index, mail::TextKind::kHtml, limits);
      case extract::Kind::kMail:
        return mail::AddText(&content_.message, index, mail::TextKind::kMail, limits);
      case extract::Kind::kEncrypted:
        content_.faults.push_back({FaultCause::kEncrypted, part.number, type->mime});
        return;
      case extract::Kind::kOther:
        content_.faults.push_back({FaultCause::kUnreadType, part.number, type->mime});
        return;
      case extract::Kind::kEmpty:
        return;
    }
  }

  const Snapshot& snapshot_;
  Budget& budget_;
  Content& content_;
};

void Scan(const Snapshot& snapshot, Budget& budget, Content* content) {
  const std::vector<std::string_view> ids = content->message.Fields("Message-ID");
  scan::ScanContext context;
  context.key = &snapshot.key;
  context.now = budget.clock().Now();
  context.message_id = ids.empty() ? std::string_view() : ids[0];
  context.out_of_time = [&budget] { return budget.Over(); };
  scan::StageTimes times;
  scan::ScanResult result = snapshot.rules->Scan(content->message.segments, context, &times);
  content->microseconds["first_pass"] = static_cast<std::uint64_t>(times.first_pass_us);
  content->microseconds["second_pass"] = static_cast<std::uint64_t>(times.second_pass_us);
  if (snapshot.records != nullptr && !snapshot.records->empty()) {
    const Stopwatch stopwatch(budget.clock());
    snapshot.records->Scan(content->message.segments, context, budget.clock().Steady(), &result);
    content->microseconds["records"] = stopwatch.Microseconds();
  }
  for (Finding& finding : result.findings) {
    if (snapshot.settings.observed_rules.contains(finding.rule)) finding.mode = Mode::kObserve;
    const scan::IgnoreEntry* entry =
        snapshot.ignored.Find(finding.rule, finding.fingerprint, context.now);
    if (entry != nullptr) finding.ignored = entry->reason;
  }
  content->findings = std::move(result.findings);
  std::ranges::move(result.faults, std::back_inserter(content->faults));
  if (budget.Over()) AddTimeout(budget, &content->faults);
}

}  // namespace

Content ScanContent(const Snapshot& snapshot, mail::Message message, Budget& budget) {
  Content content;
  content.message = std::move(message);
  const Stopwatch stopwatch(budget.clock());
  Scan(snapshot, budget, &content);
  content.microseconds["scan"] = stopwatch.Microseconds();
  std::ranges::copy(content.message.faults, std::back_inserter(content.faults));
  return content;
}

Content InspectContent(const Snapshot& snapshot, mail::Message message, Budget& budget) {
  Content typed;
  typed.message = std::move(message);
  const Stopwatch stopwatch(budget.clock());
  Attachments(snapshot, budget, &typed).ReadAll();
  const std::uint64_t spent = stopwatch.Microseconds();

  Content content = ScanContent(snapshot, std::move(typed.message), budget);
  content.microseconds["attachments"] = spent;
  content.attachments = std::move(typed.attachments);
  content.sealed_part = std::move(typed.sealed_part);
  std::ranges::move(typed.faults, std::back_inserter(content.faults));
  return content;
}

Content InspectFile(const Snapshot& snapshot, std::string bytes, std::string name, Budget& budget) {
  const mail::Limits& limits = snapshot.settings.limits;
  const Result<extract::FileType> type = snapshot.typer->Identify(bytes);
  if (type && type->kind == extract::Kind::kText) {
    return ScanContent(snapshot, mail::FromPlainText(std::move(bytes), std::move(name), limits),
                       budget);
  }
  mail::Message message;
  if (bytes.size() > limits.message_bytes) {
    bytes.resize(limits.message_bytes);
    message.faults.push_back({FaultCause::kTooLarge, "", "limit of message size reached"});
  }
  mail::Part part;
  part.number = "1";
  part.type = "application/octet-stream";
  part.name = std::move(name);
  part.attachment = true;
  part.content = std::move(bytes);
  message.parts.push_back(std::move(part));
  return InspectContent(snapshot, std::move(message), budget);
}

std::vector<std::string> SecretsOf(const Content& content) {
  std::vector<std::string> secrets;
  for (const Finding& finding : content.findings) {
    if (finding.segment >= content.message.segments.size()) continue;
    const std::string& text = content.message.segments[finding.segment].text;
    if (finding.secret.size() < kShortestSecret || finding.secret.end > text.size()) continue;
    secrets.push_back(text.substr(finding.secret.begin, finding.secret.size()));
  }
  // The longest first, or a secret that holds another would leave its ends.
  std::ranges::sort(secrets, [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() > b.size() : a < b;
  });
  const auto again = std::ranges::unique(secrets);
  secrets.erase(again.begin(), again.end());
  return secrets;
}

std::string WithoutSecrets(std::string text, const std::vector<std::string>& secrets) {
  if (secrets.empty() || text.empty()) return text;
  std::string normal = Normalise(text).text;
  bool changed = false;
  for (const std::string& secret : secrets) {
    for (std::size_t at = 0; (at = normal.find(secret, at)) != std::string::npos;) {
      normal.replace(at, secret.size(), "********");
      changed = true;
      at += 8;
    }
  }
  return changed ? normal : text;
}

}  // namespace warifu::app
