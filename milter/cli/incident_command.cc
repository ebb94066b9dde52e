// `warifu incident list|show|close` and `warifu breaker …`; release is in release_command.cc.
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/handlers.h"
#include "cli/ledger_text.h"
#include "cli/mail_queue.h"
#include "cli/tool_settings.h"

namespace warifu::cli {
namespace {

bool IsHeld(const Json& row) {
  return TextOf(row, "state") == "open" && TextOf(row, "action") == "hold" &&
         row.contains("queue_id");
}

void ShowIncident(const Arguments& arguments, Terminal& terminal, const Json& row) {
  const std::string state = TextOf(row, "state");
  Table table;
  AddRow(&table, "incident", TextOf(row, "reference"), Style::kBold);
  AddRow(&table, "state", state, state == "open" ? Style::kYellow : Style::kGreen);
  AddRow(&table, "what", TextOf(row, "kind") + " " + TextOf(row, "action"));
  AddRow(&table, "summary", TextOf(row, "summary"));
  AddRow(&table, "because", TextOf(row, "reasons"));
  AddRow(&table, "when", TimeOf(terminal, row, "at"));
  if (row.contains("times")) {
    AddRow(&table, "times",
           row["times"].dump() + ", the latest " + TimeOf(terminal, row, "latest"));
  }
  AddRow(&table, "account", TextOf(row, "account"));
  AddRow(&table, "client", TextOf(row, "client"));
  AddRow(&table, "sender", TextOf(row, "sender"));
  AddRow(&table, "recipients", TextOf(row, "recipients"));
  AddRow(&table, "queue id", TextOf(row, "queue_id"));
  AddRow(&table, "gateway", TextOf(row, "gateway"));
  if (const auto it = row.find("settled"); it != row.end()) {
    AddRow(&table, state.c_str(), TimeOf(terminal, *it, "at") + " by " + TextOf(*it, "who"));
    AddRow(&table, "why", TextOf(*it, "why"));
  }
  table.Print(terminal);
  const std::string reference = TextOf(row, "reference");
  Json next = Json::array();
  if (IsHeld(row)) {
    const auto settings = SettingsFor(arguments);
    const auto queue = QueueFor(arguments, settings.value_or(app::Settings{}));
    const std::string id = TextOf(row, "queue_id");
    next.push_back({{"when", "to read the mail"}, {"command", queue->Read(id)}});
    next.push_back({{"when", "to let it go, as root on " + TextOf(row, "gateway")},
                    {"command", "warifu incident release " + reference + " --why 'WHY'"}});
    next.push_back({{"when", "to remove it, as root there"},
                    {"command", queue->Remove(id) + " && warifu incident close " + reference +
                                    " --why 'WHY'"}});
  } else if (state == "open") {
    next.push_back({{"when", "once it is dealt with"},
                    {"command", "warifu incident close " + reference + " --why 'WHY'"}});
  }
  if (!next.empty()) terminal.out << '\n';
  PrintNext(terminal, next);
}

}  // namespace

int RunIncidentList(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  request.Flag("open", "open");
  request.TakeSince();
  request.TakeLimit();
  return FinishRows(Send(request, arguments, terminal, "incident list"), arguments, terminal,
                    Rows::kIncidents, "no incident");
}

int RunIncidentShow(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  request.Set("text", arguments.operands[0]);
  request.TakeLimit();
  const auto answer = Send(request, arguments, terminal, "incident show");
  const Json rows = answer ? Json::parse(*answer)["rows"] : Json::array();
  if (!answer || arguments.json() || rows.size() != 1) {
    const int status = FinishRows(answer, arguments, terminal, Rows::kIncidents,
                                  "no incident has that reference, queue id, account or address");
    return status == kExitClean && rows.empty() ? kExitFound : status;
  }
  ShowIncident(arguments, terminal, rows[0]);
  return kExitClean;
}

int RunIncidentClose(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  request.Set("references", arguments.operands);
  request.Set("state", std::string("closed"));
  request.Take("why", "why");
  const auto answer = Send(request, arguments, terminal, "incident settle");
  return Finish(answer, arguments, terminal, [&](Terminal& to, const Json& json) {
    to.out << "closed " << Count(json["settled"], "incident", "incidents") << '\n';
    const std::string others = TextOf(json, "not_open");
    if (others.empty()) return kExitClean;
    to.err << "warifu: no open incident: " << others << '\n';
    return kExitFound;
  });
}

int RunBreakerStatus(const Arguments& arguments, Terminal& terminal) {
  const Request request(arguments, terminal);
  const auto answer = Send(request, arguments, terminal, "breaker status");
  const int status = FinishRows(answer, arguments, terminal, Rows::kBreakers, "no breaker is open");
  if (!answer || Json::parse(*answer)["rows"].empty()) return status;
  if (!arguments.json())
    terminal.out << "\nnext  once it is safe:\n      warifu breaker close SCOPE\n";
  return kExitFound;
}

int RunBreakerOpen(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  request.Set("scope", arguments.operands[0]);
  request.Take("reason", "reason");
  request.Take("ref", "reference");
  request.TakeUntil();
  const auto answer = Send(request, arguments, terminal, "breaker open");
  return Finish(answer, arguments, terminal, [&](Terminal& to, const Json& json) {
    const std::string until = TimeOf(to, json["breaker"], "until");
    to.out << "breaker of " << TextOf(json["breaker"], "scope")
           << (json.value("new", true) ? " opened" : " was open already")
           << (until.empty() ? ", until closed" : ", until " + until) << '\n';
    return kExitClean;
  });
}

int RunBreakerClose(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  request.Set("scope", arguments.operands[0]);
  request.Take("ref", "reference");
  request.Take("why", "why");
  const auto answer = Send(request, arguments, terminal, "breaker close");
  return Finish(answer, arguments, terminal, [&](Terminal& to, const Json& json) {
    to.out << "breaker of " << TextOf(json, "closed") << " closed\n";
    return kExitClean;
  });
}

}  // namespace warifu::cli
