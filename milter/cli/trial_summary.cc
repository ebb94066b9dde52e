#include "cli/trial_summary.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "base/address.h"
#include "base/redact.h"

namespace warifu::cli {
namespace {

constexpr std::size_t kExamples = 3, kSenders = 5;

using Counts = std::map<std::string, std::uint64_t>;

// The greatest first, then by name.
std::vector<std::pair<std::string, std::uint64_t>> Sorted(const Counts& counts) {
  std::vector<std::pair<std::string, std::uint64_t>> out(counts.begin(), counts.end());
  std::ranges::stable_sort(out, std::greater(), &std::pair<std::string, std::uint64_t>::second);
  return out;
}

std::string Listed(const Counts& counts, std::size_t most) {
  std::string text;
  std::size_t shown = 0;
  for (const auto& [name, count] : Sorted(counts)) {
    if (shown++ == most) break;
    text += (text.empty() ? "" : ", ") + Printable(name) + " " + std::to_string(count);
  }
  if (counts.size() > most) text += ", " + std::to_string(counts.size() - most) + " more";
  return text;
}

// What the findings of all rules but one call for, as the rules stand.
Action OthersCallFor(const TriedMail& mail, const std::string& rule) {
  Action most = Action::kAccept;
  for (const auto* findings : {&mail.findings, &mail.others}) {
    for (const Finding& f : *findings) {
      const bool counts = f.mode == Mode::kEnforce && f.ignored.empty() &&
                          !(findings == &mail.findings && f.rule == rule);
      if (counts) most = std::max(most, f.action);
    }
  }
  return most;
}

}  // namespace

std::string SenderOf(const mail::Message& message) {
  for (const std::string_view body : message.Fields("From")) {
    const Result<AddressList> list = ParseAddressList(body, {});
    if (list && !list->mailboxes.empty()) return list->mailboxes[0].address.ToString();
  }
  return "";
}

TrialSummary::TrialSummary(const std::vector<scan::RuleInfo>& rules, std::string only)
    : only_(std::move(only)) {
  for (const scan::RuleInfo& rule : rules) {
    actions_[rule.id] =
        rule.mode == Mode::kObserve ? "observe" : std::string(ToString(rule.action));
    if (rule.mode == Mode::kObserve) continue;
    if (rule.until) limits_[rule.id] = "by its until";
    if (rule.sample < 1) limits_[rule.id] += rule.until ? " or sample" : "by its sample";
  }
}

TrialSummary::Tally& TrialSummary::Of(const std::string& rule) {
  Tally& tally = rules_[rule];
  tally.action = actions_[rule];
  return tally;
}

void TrialSummary::Add(const TriedMail& mail) {
  std::set<std::string> matched, unknown, enforced;
  for (const Finding& f : mail.findings) {
    if (!Wanted(f.rule)) continue;
    Tally& tally = Of(f.rule);
    ++tally.findings;
    if (tally.examples.size() < kExamples) {
      tally.examples.push_back({mail.path, f.part, f.preview, mail.index, mail.in_mbox});
    }
    matched.insert(f.rule);
    if (!f.ignored.empty()) continue;
    unknown.insert(f.rule);
    if (f.mode == Mode::kEnforce) enforced.insert(f.rule);
  }
  for (const std::string& rule : matched) {
    Tally& tally = Of(rule);
    ++tally.mails;
    if (!unknown.contains(rule)) {
      ++tally.ignored;
    } else if (limits_.contains(rule) && !enforced.contains(rule)) {
      ++tally.observed;
    }
    ++tally.senders[mail.sender.empty() ? "(nobody)" : mail.sender];
    ++tally.others[std::string(ToString(OthersCallFor(mail, rule)))];
  }
  for (const auto& [rule, key] : mail.dropped) {
    if (Wanted(rule)) ++Of(rule).dropped[key];
  }
  mails_ += matched.empty() ? 0 : 1;
}

std::string TrialSummary::Text(const Terminal& terminal) const {
  std::ostringstream out;
  Terminal own{.out = out, .err = out, .colour = terminal.colour};
  for (const auto& [rule, tally] : rules_) {
    out << Paint(own, Style::kBold, Printable(rule)) << ": " << tally.mails
        << (tally.mails == 1 ? " mail, " : " mails, ") << tally.findings
        << (tally.findings == 1 ? " finding, " : " findings, ") << tally.action << '\n';
    Table table;
    if (!tally.senders.empty()) {
      table.Add({"from", std::to_string(tally.senders.size()), Listed(tally.senders, kSenders)});
      table.Add({"others would", "", Listed(tally.others, tally.others.size())});
    }
    if (tally.ignored > 0) {
      table.Add({"ignored", std::to_string(tally.ignored), "by the list of known findings"});
    }
    if (tally.observed > 0) {
      table.Add({"only observed", std::to_string(tally.observed), limits_.at(rule)});
    }
    for (const Example& example : tally.examples) {
      table.Add({"example", example.preview,
                 Printable(example.path, 4096) +
                     (example.in_mbox ? " message " + std::to_string(example.index) : "") +
                     " part " + Printable(example.part)});
    }
    if (!tally.dropped.empty()) {
      table.Add({"dropped", "", "by " + Listed(tally.dropped, tally.dropped.size())});
    }
    table.Print(own, "  ");
  }
  return out.str();
}

std::string TrialSummary::Json() const {
  using Object = nlohmann::ordered_json;
  std::string out;
  for (const auto& [rule, tally] : rules_) {
    Object senders = Object::array(), examples = Object::array();
    for (const auto& [sender, mails] : Sorted(tally.senders)) {
      senders.push_back({{"sender", Printable(sender)}, {"mails", mails}});
    }
    for (const Example& e : tally.examples) {
      examples.push_back(
          {{"path", e.path}, {"index", e.index}, {"part", e.part}, {"preview", e.preview}});
    }
    out += Object{{"rule", rule},
                  {"mails", tally.mails},
                  {"findings", tally.findings},
                  {"action", tally.action},
                  {"ignored", tally.ignored},
                  {"observed", tally.observed},
                  {"senders", std::move(senders)},
                  {"others", tally.others},
                  {"examples", std::move(examples)},
                  {"dropped", tally.dropped}}
               .dump(-1, ' ', false, Object::error_handler_t::replace) +
           '\n';
  }
  return out;
}

}  // namespace warifu::cli
