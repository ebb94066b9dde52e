// `warifu rules try`: what the rules make of one text or mail, and what their filters turned down.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>
#include <tuple>

#include "app/content.h"
#include "base/nearest.h"
#include "base/redact.h"
#include "cli/handlers.h"
#include "cli/source.h"
#include "cli/tool_settings.h"

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
  Trying(const app::Snapshot& snapshot, const Arguments& arguments, Terminal& terminal)
      : snapshot_(snapshot), arguments_(arguments), terminal_(terminal) {
    if (arguments.operands.size() > 1) only_ = arguments.operands[1];
  }

  int Run();

 private:
  void Try(StoredMessage message);
  std::vector<Trial> Trials(const app::Content& content) const;
  void Print(const StoredMessage& message, const app::Content& content,
             const std::vector<Trial>& trials);
  Table::Cell Place(const Segment& segment, std::size_t at) const;

  const app::Snapshot& snapshot_;
  const Arguments& arguments_;
  Terminal& terminal_;
  std::string only_;  // the one rule asked for
  std::size_t found_ = 0, dropped_ = 0, faults_ = 0;
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
  context.key = &snapshot_.key;
  context.on_dropped = [&](const scan::Dropped& d) {
    const std::string detail = d.detail.empty() ? "" : " " + std::string(d.detail);
    add({d.rule, std::string(d.key) + detail, d.segment, d.match, d.preview});
  };
  snapshot_.rules->Scan(content.message.segments, context);
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

void Trying::Print(const StoredMessage& message, const app::Content& content,
                   const std::vector<Trial>& trials) {
  Table table;
  for (const Trial& trial : trials) {
    const Segment& segment = content.message.segments[trial.segment];
    const std::string_view region = ToString(segment.RegionAt(trial.match.begin));
    (trial.by.empty() ? found_ : dropped_) += 1;
    if (arguments_.json()) {
      const auto [line, column] = LineAndColumn(segment.text, trial.match.begin);
      terminal_.out << Json{{"path", message.path},
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
                           .dump(-1, ' ', false, Json::error_handler_t::replace)
                    << '\n';
      continue;
    }
    const Table::Cell result =
        trial.by.empty() ? Table::Cell("match", Style::kRed) : Table::Cell("dropped", Style::kDim);
    table.Add({result, trial.rule, region, Place(segment, trial.match.begin), trial.preview,
               trial.by.empty() ? "" : "by " + trial.by});
  }
  if (!arguments_.json()) {
    for (const Fault& fault : content.faults) {
      table.Add({{"fault", Style::kYellow},
                 ToString(fault.cause),
                 "",
                 "part " + fault.part,
                 Printable(fault.detail)});
    }
  }
  faults_ += content.faults.size();
  table.Print(terminal_);
}

void Trying::Try(StoredMessage message) {
  app::Budget budget(Clock::System(), snapshot_.settings.scan_budget, {});
  const app::Content content =
      message.mail ? app::InspectContent(
                         snapshot_, mail::Parse(message.raw, snapshot_.settings.limits), budget)
                   : app::InspectFile(snapshot_, std::move(message.raw), message.path, budget);
  Print(message, content, Trials(content));
}

int Trying::Run() {
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
  ReadSources(std::span(arguments_.operands).first(1), terminal_.in,
              snapshot_.settings.limits.message_bytes, sink);
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

}  // namespace

int RunRulesTry(const Arguments& arguments, Terminal& terminal) {
  const auto snapshot = SnapshotFor(arguments, terminal);
  if (!snapshot) {
    PrintErrors(terminal, snapshot.error());
    return kExitError;
  }
  if (arguments.operands.size() > 1) {
    if (const auto known = KnowsRule(*(*snapshot)->rules, arguments.operands[1]); !known) {
      PrintError(terminal, known.error());
      return kExitError;
    }
  }
  return Trying(**snapshot, arguments, terminal).Run();
}

}  // namespace warifu::cli
