#include "incident/event.h"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "base/names.h"
#include "base/redact.h"

namespace warifu::incident {
namespace {

using Json = nlohmann::ordered_json;

constexpr NameTable<Direction, kDirectionCount> kDirections = {{Direction::kOutbound, "outbound"},
                                                               {Direction::kInternal, "internal"},
                                                               {Direction::kInbound, "inbound"}};

constexpr std::size_t kLongest = 320;  // bytes of one value: the longest address fits

// "2026-01-31T23:59:59.000001Z"
std::string Rfc3339(WallTime time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t stamp = std::chrono::system_clock::to_time_t(seconds);
  std::tm parts{};
  gmtime_r(&stamp, &parts);
  char date[32];
  std::strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
  char whole[48];
  std::snprintf(whole, sizeof whole, "%s.%06dZ", date,
                static_cast<int>((time - seconds) / std::chrono::microseconds(1)));
  return whole;
}

std::string Safe(std::string_view text) {
  return Printable(text, kLongest);
}

Json Words(const std::vector<std::string>& list) {
  Json out = Json::array();
  for (const std::string& word : list) {
    if (out.size() == kMostListed) break;
    out.push_back(Safe(word));
  }
  return out;
}

// What the piece of evidence at `index` calls for; "accept" where nothing was decided.
std::string_view Would(const std::vector<Action>& would, std::size_t index) {
  return ToString(index < would.size() ? would[index] : Action::kAccept);
}

Json CheckJson(const CheckResult& check, std::string_view would) {
  return {{"check", ToString(check.check)},
          {"outcome", ToString(check.outcome)},
          {"mode", ToString(check.mode)},
          {"would", would},
          {"subject", Safe(check.subject)},
          {"reason", Safe(check.reason)},
          {"exemption", check.exempt ? Safe(check.exemption) : ""},
          {"stale", check.stale}};
}

Json FindingJson(const Finding& finding) {
  return {{"rule", finding.rule},
          {"severity", ToString(finding.severity)},
          {"mode", ToString(finding.mode)},
          {"region", ToString(finding.region)},
          {"part", finding.part},
          {"offset", finding.content.begin},
          {"length", finding.content.size()},
          {"preview", Safe(finding.preview)},
          {"fingerprint", finding.fingerprint},
          {"owner", Safe(finding.owner)},
          {"ownership", ToString(finding.ownership)},
          {"ignored", Safe(finding.ignored)}};
}

Json ReplyJson(const policy::Reply& reply) {
  if (reply.code == 0) return nullptr;
  return {{"code", reply.code}, {"enhanced", reply.enhanced}, {"text", Safe(reply.text)}};
}

Json ChecksJson(const Event& event) {
  Json out = Json::array();
  for (std::size_t i = 0; i < event.checks.size() && i < kMostListed; ++i) {
    out.push_back(CheckJson(event.checks[i], Would(event.verdict.check_would, i)));
  }
  return out;
}

// Every record counts, also those that are not listed one by one.
std::size_t RowsOf(const std::vector<Finding>& findings) {
  std::size_t rows = 0;
  for (const Finding& finding : findings) rows += finding.rows;
  return rows;
}

Json FindingsJson(const Event& event) {
  Json out = Json::array();
  for (std::size_t i = 0; i < event.findings.size() && i < kMostListed; ++i) {
    Json entry = FindingJson(event.findings[i]);
    entry["would"] = Would(event.verdict.finding_would, i);
    if (event.findings[i].rows > 1) {
      entry["rows"] = event.findings[i].rows;
      entry["accounts"] = event.findings[i].accounts;
    }
    const std::vector<std::string>& why_not = event.verdict.finding_why_not;
    if (i < why_not.size() && !why_not[i].empty()) entry["why_not"] = Safe(why_not[i]);
    out.push_back(std::move(entry));
  }
  return out;
}

Json FaultsJson(const Event& event) {
  Json out = Json::array();
  for (std::size_t i = 0; i < event.faults.size() && i < kMostListed; ++i) {
    const Fault& fault = event.faults[i];
    out.push_back({{"cause", ToString(fault.cause)},
                   {"part", Safe(fault.part)},
                   {"detail", Safe(fault.detail)},
                   {"would", Would(event.verdict.fault_would, i)}});
  }
  return out;
}

Json AttachmentsJson(const Event& event) {
  Json out = Json::array();
  for (std::size_t i = 0; i < event.attachments.size() && i < kMostListed; ++i) {
    const AttachmentNote& note = event.attachments[i];
    out.push_back({{"part", Safe(note.part)},
                   {"name", Safe(note.name)},
                   {"declared", Safe(note.declared)},
                   {"actual", Safe(note.actual)},
                   {"encrypted", note.encrypted}});
  }
  return out;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// A value of a log line; quoted where white space could make it look like two fields.
std::string Quoted(std::string_view text) {
  std::string safe = Safe(text);
  if (!safe.empty() && safe.find_first_of(" \"=") == std::string::npos) return safe;
  std::string out = "\"";
  for (const char c : safe) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + '"';
}

void AddField(std::string* line, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  line->append(" ").append(name).append("=").append(Quoted(value));
}

}  // namespace

std::string_view ToString(Direction direction) {
  return NameOf(kDirections, direction);
}

bool FromString(std::string_view word, Direction* direction) {
  return ValueOf(kDirections, word, direction);
}

std::string ToJson(const Event& event) {
  const policy::Verdict& verdict = event.verdict;
  Json json = {{"format", kEventFormat},
               {"time", Rfc3339(event.time)},
               {"stage", event.stage},
               {"reference", event.reference},
               {"queue_id", Safe(event.queue_id)},
               {"direction", ToString(event.direction)},
               {"listener", Safe(event.listener)},
               {"mode", ToString(event.mode)},
               {"action", ToString(verdict.action)},
               {"would", ToString(verdict.would)},
               {"reply", ReplyJson(verdict.reply)},
               {"reasons", Words(verdict.reasons)},
               {"account", Safe(event.account)},
               {"client_address", Safe(event.client_address)},
               {"client_name", Safe(event.client_name)},
               {"helo", Safe(event.helo)},
               {"sender", Safe(event.sender)},
               {"recipients", Words(event.recipients)},
               {"recipient_count", event.recipients.size()},
               {"authors", Words(event.authors)},
               {"message_id", Safe(event.message_id)},
               {"size", event.size}};
  json["checks"] = ChecksJson(event);
  json["findings"] = FindingsJson(event);
  json["finding_count"] = RowsOf(event.findings);
  json["faults"] = FaultsJson(event);
  json["attachments"] = AttachmentsJson(event);
  json["rules_version"] = event.rules_version;
  json["microseconds"] = Json(event.microseconds);
  return Dump(json);
}

std::string ToJson(const Finding& finding) {
  return Dump(FindingJson(finding));
}

std::string ToLogLine(const Event& event) {
  const policy::Verdict& verdict = event.verdict;
  std::string line(ToString(verdict.action));
  if (verdict.would != verdict.action) {
    line.append(" (would ").append(ToString(verdict.would)).append(")");
  }
  AddField(&line, "reference", event.reference);
  AddField(&line, "queue", event.queue_id);
  AddField(&line, "stage", event.stage);
  AddField(&line, "direction", ToString(event.direction));
  AddField(&line, "listener", event.listener);
  AddField(&line, "account", event.account);
  AddField(&line, "client", event.client_address);
  line.append(" from=<").append(Safe(event.sender)).append(">");
  if (!event.recipients.empty()) {
    line.append(" to=<").append(Safe(event.recipients[0])).append(">");
    if (event.recipients.size() > 1) {
      line.append("+").append(std::to_string(event.recipients.size() - 1));
    }
  }
  std::string reasons;
  for (const std::string& reason : verdict.reasons) {
    reasons.append(reasons.empty() ? "" : ",").append(reason);
  }
  AddField(&line, "reasons", reasons);
  AddField(&line, "detail", event.faults.empty() ? "" : event.faults[0].detail);
  return line;
}

bool IsClean(const Event& event) {
  const auto passes = [](const CheckResult& check) {
    return !check.stale &&
           (check.outcome == Outcome::kPass || check.outcome == Outcome::kNotApplicable);
  };
  return event.verdict.action == Action::kAccept && event.verdict.would == Action::kAccept &&
         event.findings.empty() && event.faults.empty() &&
         std::ranges::all_of(event.checks, passes);
}

}  // namespace warifu::incident
