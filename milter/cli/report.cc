#include "cli/report.h"

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/redact.h"

namespace warifu::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPathBytes = 4096;

Json ToJson(const Finding& finding) {
  return {{"rule", finding.rule},
          {"severity", ToString(finding.severity)},
          {"mode", ToString(finding.mode)},
          {"region", ToString(finding.region)},
          {"part", finding.part},
          {"offset", finding.content.begin},
          {"length", finding.content.size()},
          {"preview", finding.preview},
          {"fingerprint", finding.fingerprint},
          {"owner", Printable(finding.owner)},
          {"ignored", Printable(finding.ignored)}};
}

std::string PlaceText(std::string_view part) {
  if (part.empty()) return "";
  return part == "header" ? "header" : "part " + std::string(part);
}

std::string OwnerText(const Finding& finding) {
  std::string text;
  if (finding.mode == Mode::kObserve) text = "observed";
  if (!finding.ignored.empty()) text = "ignored: " + Printable(finding.ignored);
  if (!finding.owner.empty()) {
    text += (text.empty() ? "owner " : ", owner ") + Printable(finding.owner) + " (" +
            std::string(ToString(finding.ownership)) + ")";
  }
  if (finding.rows > 1) {
    text += (text.empty() ? "" : ", ") + std::to_string(finding.rows) + " records from here on";
    if (finding.accounts > 0) {
      text += ", " + std::to_string(finding.accounts) + " accounts in all";
    }
  }
  return text;
}

Table::Cell VerdictCell(Action action) {
  const Style style = action >= Action::kHold    ? Style::kRed
                      : action > Action::kAccept ? Style::kYellow
                                                 : Style::kGreen;
  return {std::string(ToString(action)), style};
}

}  // namespace

bool IsFailed(const CheckResult& check) {
  return check.outcome != Outcome::kPass && check.outcome != Outcome::kNotApplicable;
}

void KeepFrom(Severity least, app::OfflineReport* report) {
  std::erase_if(report->findings, [&](const Finding& f) { return f.severity < least; });
}

std::string ReportJson(const StoredMessage& message, const app::OfflineReport& report) {
  Json out = {{"path", message.path},
              {"index", message.index},
              {"verdict", ToString(report.verdict.would)},
              {"findings", Json::array()},
              {"faults", Json::array()}};
  for (const Finding& finding : report.findings) {
    Json entry = ToJson(finding);
    if (finding.rows > 1) {
      entry["rows"] = finding.rows;
      entry["accounts"] = finding.accounts;
    }
    out["findings"].push_back(std::move(entry));
  }
  for (const Fault& fault : report.faults) {
    out["faults"].push_back({{"cause", ToString(fault.cause)}, {"part", fault.part}});
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string ReportText(const Terminal& terminal, const StoredMessage& message,
                       const app::OfflineReport& report) {
  std::ostringstream out;
  Terminal own{.out = out, .err = out, .colour = terminal.colour};
  out << Paint(own, Style::kBold, Printable(message.path, kPathBytes));
  if (message.in_mbox) out << " message " << message.index;
  const Table::Cell verdict = VerdictCell(report.verdict.would);
  out << ": " << Paint(own, verdict.style, verdict.text) << '\n';
  Table table;
  for (const Finding& f : report.findings) {
    table.Add({{std::string(ToString(f.severity)), StyleOf(f.severity)},
               f.rule,
               ToString(f.region),
               PlaceText(f.part) + " byte " + std::to_string(f.content.begin),
               f.preview,
               {f.fingerprint, Style::kDim},
               OwnerText(f)});
  }
  for (const CheckResult& check : report.checks) {
    if (!IsFailed(check)) continue;
    table.Add({{"check", Style::kYellow},
               ToString(check.check),
               ToString(check.outcome),
               Printable(check.subject),
               Printable(check.reason)});
  }
  for (const Fault& fault : report.faults) {
    table.Add({{"fault", Style::kYellow},
               ToString(fault.cause),
               "",
               PlaceText(fault.part),
               Printable(fault.detail)});
  }
  table.Print(own, "  ");
  return out.str();
}

}  // namespace warifu::cli
