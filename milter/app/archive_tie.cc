#include "app/archive_tie.h"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

#include "scan/rule_mode.h"

namespace warifu::app {
namespace {

// A mail with more passwords than this is no habit, and its own findings say what it is.
constexpr std::size_t kMostTied = 20;

std::string SenderOf(const Envelope& envelope, const Settings& settings) {
  if (!envelope.account.empty()) return "account " + envelope.account;
  const bool ours = DirectionOf(envelope, settings) != incident::Direction::kInbound;
  const std::string sender = envelope.sender.ToString();
  return ours && !sender.empty() && envelope.sender != kUnreadable ? "sender " + sender : "";
}

// Null where it is not loaded.
const scan::RuleInfo* TieRule(const Snapshot& snapshot) {
  const std::vector<scan::RuleInfo>& rules = snapshot.rules->rules();
  const auto found = std::ranges::find_if(rules, [](const scan::RuleInfo& rule) {
    return rule.id == scan::kPpapRule && !rule.foreign;
  });
  return found == rules.end() ? nullptr : &*found;
}

// Passwords that count, each once.
std::vector<const Finding*> PasswordsOf(const Content& content, const Settings& settings) {
  std::vector<const Finding*> out;
  std::set<std::string_view> known;
  for (const Finding& finding : content.findings) {
    if (out.size() >= kMostTied) break;
    const bool counts = finding.ignored.empty() && settings.ppap.rules.contains(finding.rule);
    if (counts && known.insert(finding.fingerprint).second) out.push_back(&finding);
  }
  return out;
}

// The tied finding, by the rule, of what `base` has found.
Finding Tied(const Snapshot& snapshot, const scan::RuleInfo& rule, const Content& content,
             WallTime now, Finding base) {
  const std::vector<std::string_view> ids = content.message.Fields("Message-ID");
  scan::ScanContext context;
  context.key = &snapshot.key;
  context.now = now;
  context.message_id = ids.empty() ? std::string_view() : ids[0];
  base.rule = rule.id;
  base.description = rule.description;
  base.tags = rule.tags;
  base.severity = rule.severity;
  base.action = rule.action;
  const bool observed = snapshot.settings.observed_rules.contains(rule.id);
  base.mode = observed ? Mode::kObserve : scan::ModeOf(rule, context);
  base.account.clear();
  base.owner.clear();
  base.ownership = Ownership::kUnknown;
  const scan::IgnoreEntry* entry = snapshot.ignored.Find(base.rule, base.fingerprint, now);
  base.ignored = entry != nullptr ? entry->reason : "";
  return base;
}

// Of a password that came before the archive: it stands in no text of this mail.
Finding EarlierPassword(const Content& content, const SentPassword& password) {
  Finding finding;
  finding.segment = std::numeric_limits<std::size_t>::max();
  finding.region = Region::kAttachment;
  finding.part = content.sealed_part;
  finding.preview = password.preview;
  finding.fingerprint = password.fingerprint;
  return finding;
}

}  // namespace

ArchiveTie TieArchive(const Snapshot& snapshot, const Envelope& envelope,
                      const ArchiveMemory* memory, WallTime now, Content* content) {
  const PpapSettings& settings = snapshot.settings.ppap;
  const scan::RuleInfo* rule = TieRule(snapshot);
  if (settings.window.count() == 0 || rule == nullptr) return {};
  const bool archive = !content->sealed_part.empty();
  const std::vector<const Finding*> passwords = PasswordsOf(*content, snapshot.settings);
  ArchiveTie tie;
  if (!archive && passwords.empty()) return tie;
  tie.sender = SenderOf(envelope, snapshot.settings);
  tie.brings.archive = archive;
  if (!passwords.empty()) {
    const Finding& first = *passwords.front();
    tie.brings.password = SentPassword{first.rule, first.preview, first.fingerprint};
  }
  ArchiveMemory::Sent earlier;
  if (memory != nullptr && !tie.sender.empty()) {
    earlier = memory->Ask(tie.sender, envelope.recipients, settings.window, now);
  }
  std::vector<Finding> tied;
  if (!passwords.empty() && (archive || earlier.archive)) {
    for (const Finding* password : passwords) {
      tied.push_back(Tied(snapshot, *rule, *content, now, *password));
    }
  } else if (archive && earlier.password != nullptr &&
             settings.rules.contains(earlier.password->rule)) {
    Finding password = EarlierPassword(*content, *earlier.password);
    tied.push_back(Tied(snapshot, *rule, *content, now, std::move(password)));
  }
  std::ranges::move(tied, std::back_inserter(content->findings));
  return tie;
}

void Remember(const Settings& settings, const Envelope& envelope, const ArchiveTie& tie,
              WallTime now, ArchiveMemory* memory) {
  if (memory == nullptr || tie.sender.empty()) return;
  memory->Note(tie.sender, envelope.recipients, tie.brings, settings.ppap.window,
               settings.ppap.entries, now);
}

}  // namespace warifu::app
