// `warifu rules try`: what rules make of stored mail, and what would have happened.
//
// Of one message every match is shown, with those that a filter turned down; of more, for each rule
// how many mails, whose, what it would have done, and what the other rules would have done to them.
#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <ostream>
#include <tuple>

#include "app/content.h"
#include "base/nearest.h"
#include "base/redact.h"
#include "cli/handlers.h"
#include "cli/source.h"
#include "cli/tool_settings.h"
#include "cli/trial_summary.h"

namespace warifu::cli {
namespace {

using Json = nlohmann::ordered_json;

// A match, found or dropped.
struct Trial {
  std::string rule;
  std::string by;  // the key that dropped it, with the validator's name; "" for a finding
  std::size_t segment = 0;
  Span match;
  std::string preview;
};

class Trying {
 public:
  // `others`: the rules in force, where those tried stand apart; may be null.
  Trying(const app::Snapshot& tried, const app::Snapshot* others, const Arguments& arguments,
         Terminal& terminal)
      : tried_(tried),
        others_(others),
        arguments_(arguments),
        terminal_(terminal),
        only_(arguments.Value("rule")),
        summary_(tried.rules->rules(), only_) {}

  int Run(std::span<const std::string> paths);

 private:
  void Try(StoredMessage message);
  std::vector<Trial> Trials(const app::Content& content) const;
  app::Content Inspect(const app::Snapshot& snapshot, const StoredMessage& message) const;
  void Keep(const StoredMessage& message, const app::Content& content,
            const std::vector<Trial>& trials);
  Table::Cell Place(const Segment& segment, std::size_t at) const;

  const app::Snapshot& tried_;
  const app::Snapshot* others_;
  const Arguments& arguments_;
  Terminal& terminal_;
  const std::string only_;  // the one rule asked for
  TrialSummary summary_;
  Table table_;       // the matches of the first message
  std::string json_;  // likewise
  std::size_t messages_ = 0, found_ = 0, dropped_ = 0, faults_ = 0;
  bool unreadable_ = false;
};

// Line and column in the text as rules see it, from 1; columns count characters.
std::pair<std::size_t, std::size_t> LineAndColumn(std::string_view text, std::size_t at) {
  const std::string_view before = text.substr(0, at);
  const auto line = static_cast<std::size_t>(std::ranges::count(before, '\n'));
  const std::size_t begin = before.rfind('\n') + 1;  // npos + 1 is 0
  const auto column = std::ranges::count_if(
      before.substr(begin), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  return {line + 1, static_cast<std::size_t>(column) + 1};
}

std::vector<Trial> Trying::Trials(const app::Content& content) const {
  std::vector<Trial> trials;
  const auto add = [&](Trial trial) {
    if (only_.empty() || trial.rule == only_) trials.push_back(std::move(trial));
  };
  for (const Finding& f : content.findings) add({f.rule, "", f.segment, f.match, f.preview});
  scan::ScanContext context;
  context.key = &tried_.key;
  context.on_dropped = [&](const scan::Dropped& d) {
    const std::string detail = d.detail.empty() ? "" : " " + std::string(d.detail);
    add({d.rule, std::string(d.key) + detail, d.segment, d.match, d.preview});
  };
  tried_.rules->Scan(content.message.segments, context);
  std::ranges::sort(trials, {}, [](const Trial& t) {
    return std::tie(t.segment, t.match.begin, t.match.end, t.rule, t.by);
  });
  return trials;
}

Table::Cell Trying::Place(const Segment& segment, std::size_t at) const {
  const auto [line, column] = LineAndColumn(segment.text, at);
  std::string text = segment.field.empty() ? "part " + segment.part : Printable(segment.field);
  if (!segment.name.empty()) text += " (" + Printable(segment.name) + ")";
  return {text + " line " + std::to_string(line) + " column " + std::to_string(column)};
}

// The matches of the first message, in case it stays the only one.
void Trying::Keep(const StoredMessage& message, const app::Content& content,
                  const std::vector<Trial>& trials) {
  for (const Trial& trial : trials) {
    const Segment& segment = content.message.segments[trial.segment];
    const std::string_view region = ToString(segment.RegionAt(trial.match.begin));
    const auto [line, column] = LineAndColumn(segment.text, trial.match.begin);
    json_ += Json{{"path", message.path},
                  {"index", message.index},
                  {"rule", trial.rule},
                  {"result", trial.by.empty() ? "match" : "dropped"},
                  {"by", trial.by},
                  {"region", region},
                  {"part", segment.part},
                  {"field", segment.field},
                  {"line", line},
                  {"column", column},
                  {"preview", trial.preview}}
                 .dump(-1, ' ', false, Json::error_handler_t::replace) +
             '\n';
    const Table::Cell result =
        trial.by.empty() ? Table::Cell("match", Style::kRed) : Table::Cell("dropped", Style::kDim);
    table_.Add({result, trial.rule, region, Place(segment, trial.match.begin), trial.preview,
                trial.by.empty() ? "" : "by " + trial.by});
  }
  for (const Fault& fault : content.faults) {
    table_.Add({{"fault", Style::kYellow},
                ToString(fault.cause),
                "",
                "part " + fault.part,
                Printable(fault.detail)});
  }
}

app::Content Trying::Inspect(const app::Snapshot& snapshot, const StoredMessage& message) const {
  app::Budget budget(Clock::System(), snapshot.settings.scan_budget, {});
  return message.mail ? app::InspectContent(
                            snapshot, mail::Parse(message.raw, snapshot.settings.limits), budget)
                      : app::InspectFile(snapshot, message.raw, message.path, budget);
}

void Trying::Try(StoredMessage message) {
  const app::Content content = Inspect(tried_, message);
  const std::vector<Trial> trials = Trials(content);
  TriedMail mail{
      message.path, message.index, message.in_mbox, SenderOf(content.message), {}, {}, {}};
  for (const Trial& trial : trials) {
    (trial.by.empty() ? found_ : dropped_) += 1;
    if (!trial.by.empty()) mail.dropped.emplace_back(trial.rule, trial.by);
  }
  mail.findings = content.findings;
  if (others_ != nullptr && !content.findings.empty()) {
    mail.others = Inspect(*others_, message).findings;
  }
  summary_.Add(mail);
  faults_ += content.faults.size();
  if (messages_++ == 0) Keep(message, content, trials);
}

int Trying::Run(std::span<const std::string> paths) {
  const SourceSink sink{.message =
                            [&](StoredMessage message) {
                              Try(std::move(message));
                              return terminal_.out.good();
                            },
                        .unreadable =
                            [&](const Error& error) {
                              PrintError(terminal_, error);
                              unreadable_ = true;
                            }};
  ReadSources(paths, terminal_.in, tried_.settings.limits.message_bytes, sink);
  if (messages_ > 1 || arguments_.Has("summary")) {
    terminal_.out << (arguments_.json() ? summary_.Json() : summary_.Text(terminal_));
  } else if (arguments_.json()) {
    terminal_.out << json_;
  } else {
    table_.Print(terminal_);
  }
  if (messages_ > 1)
    terminal_.err << messages_ << " messages, " << summary_.mails() << " with a match: ";
  terminal_.err << found_ << (found_ == 1 ? " match, " : " matches, ") << dropped_ << " dropped, "
                << faults_ << (faults_ == 1 ? " fault\n" : " faults\n");
  if (unreadable_) return kExitError;
  return found_ > 0 ? kExitFound : kExitClean;
}

Result<void> KnowsRule(const scan::PatternSet& rules, const std::string& id) {
  std::vector<std::string_view> ids;
  for (const scan::RuleInfo& rule : rules.rules()) ids.push_back(rule.id);
  if (std::ranges::find(ids, id) != ids.end()) return {};
  return Fail(ErrorKind::kNotFound, "there is no rule '" + id + "'" + DidYouMean(id, ids));
}

using SnapshotPtr = std::shared_ptr<const app::Snapshot>;

// The rules in force, beside those on the line. Null where there are none to compare with.
std::expected<SnapshotPtr, Errors> OthersFor(const Arguments& arguments) {
  const bool any =
      arguments.Has("config") || arguments.Has("rules") || std::filesystem::exists(kDefaultConfig);
  if (!any) return SnapshotPtr();
  return LoadSnapshot(arguments);
}

}  // namespace

int RunRulesTry(const Arguments& arguments, Terminal& terminal) {
  // Rule files come first; what is tried on is no *.toml.
  const auto is_rules = [](const std::string& path) { return path.ends_with(".toml"); };
  const auto first = std::ranges::find_if_not(arguments.operands, is_rules);
  const std::vector<std::string> files(arguments.operands.begin(), first);
  const std::vector<std::string> paths(first, arguments.operands.end());
  if (paths.empty()) {
    PrintError(terminal,
               {ErrorKind::kInvalid, "name a mail, an mbox or a folder to try them on", {}});
    return kExitError;
  }
  Arguments own = arguments;
  if (!files.empty()) own.options["rules"] = files;
  const auto tried = LoadSnapshot(own);
  const auto others =
      files.empty() ? std::expected<SnapshotPtr, Errors>(SnapshotPtr()) : OthersFor(arguments);
  for (const auto& snapshot : {tried, others}) {
    if (snapshot) continue;
    PrintErrors(terminal, snapshot.error());
    return kExitError;
  }
  TellNotes({tried->get(), others->get()}, terminal);
  if (arguments.Has("rule")) {
    if (const auto known = KnowsRule(*(*tried)->rules, arguments.Value("rule")); !known) {
      PrintError(terminal, known.error());
      return kExitError;
    }
  }
  return Trying(**tried, others->get(), arguments, terminal).Run(paths);
}

}  // namespace warifu::cli
