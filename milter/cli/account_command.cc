// `warifu account …`: locks, renames, all about one account.
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/handlers.h"
#include "cli/ledger_text.h"

namespace warifu::cli {
namespace {

// The accounts on the line, or those of --file.
void TakeAccounts(const Arguments& arguments, Request* request) {
  if (!arguments.Has("file")) {
    if (arguments.operands.empty()) request->Wrong("name the accounts, or a file with --file");
    request->Set("accounts", arguments.operands);
    return;
  }
  if (!arguments.operands.empty()) request->Wrong("with --file, the accounts stand in the file");
  request->TakeFile();
}

void PrintPart(Terminal& terminal, const Json& json, const char* key, const char* title,
               Rows kind) {
  if (json[key].empty()) return;
  terminal.out << '\n' << title << '\n';
  PrintRows(terminal, kind, json[key], "  ");
}

int ShowAccount(Terminal& terminal, const Json& json) {
  const bool locked = !json["locks"].empty();
  Table table;
  AddRow(&table, "account", TextOf(json, "account"), Style::kBold);
  AddRow(&table, "state", locked ? "locked" : "not locked", locked ? Style::kRed : Style::kGreen);
  std::string addresses;
  for (const Json& address : json["addresses"]) {
    addresses += (addresses.empty() ? "" : ", ") + address.get<std::string>();
  }
  if (json.value("more_addresses", false)) addresses += " and more";
  AddRow(&table, "addresses", addresses.empty() ? "none is proven" : addresses);
  table.Print(terminal);
  PrintPart(terminal, json, "locks", "locks", Rows::kLocks);
  PrintPart(terminal, json, "grants", "grants", Rows::kGrants);
  PrintPart(terminal, json, "incidents", "open incidents", Rows::kIncidents);
  PrintPart(terminal, json, "history", "history", Rows::kHistory);
  if (!json["next"].empty()) terminal.out << '\n';
  PrintNext(terminal, json["next"]);
  return locked ? kExitFound : kExitClean;
}

}  // namespace

int RunAccountLock(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  TakeAccounts(arguments, &request);
  request.Take("reason", "reason");
  request.Take("ref", "reference");
  request.Take("scope", "scope");
  request.TakeUntil();
  const auto answer = Send(request, arguments, terminal, "account lock");
  return Finish(answer, arguments, terminal, [&](Terminal& to, const Json& json) {
    const std::string until = TimeOf(to, json, "until");
    to.out << "locked " << Count(json["locked"], "account", "accounts")
           << (until.empty() ? " until unlocked" : " until " + until) << '\n';
    if (json["already_locked"] > 0) {
      to.out << Count(json["already_locked"], "was", "were") << " locked before\n";
    }
    return kExitClean;
  });
}

int RunAccountUnlock(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  TakeAccounts(arguments, &request);
  request.Take("ref", "reference");
  request.Take("why", "why");
  const auto answer = Send(request, arguments, terminal, "account unlock");
  return Finish(answer, arguments, terminal, [&](Terminal& to, const Json& json) {
    to.out << "unlocked " << Count(json["unlocked"], "account", "accounts") << '\n';
    return json["not_locked"] > 0 ? kExitFound : kExitClean;
  });
}

int RunAccountList(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  request.Flag("locked", "locked");
  request.Take("with-notice", "notice");
  request.TakeSince();
  request.TakeLimit();
  const auto answer = Send(request, arguments, terminal, "account list");
  const int status =
      FinishRows(answer, arguments, terminal, Rows::kAccounts, "there is no such account");
  if (!answer) return status;
  const Json json = Json::parse(*answer);
  if (!arguments.json() && !json["rows"].empty()) {
    terminal.out << '\n' << Count(json["total"], "account", "accounts") << '\n';
  }
  PrintNotes(terminal, json);
  return status;
}

int RunAccountRename(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  if (arguments.Has("file")) {
    if (!arguments.operands.empty()) request.Wrong("with --file, the names stand in the file");
    request.TakeFile();
  } else if (arguments.operands.size() != 2) {
    request.Wrong("name the old and the new account, or a file with --file");
  } else {
    request.Set("from", arguments.operands[0]);
    request.Set("to", arguments.operands[1]);
  }
  request.Take("ref", "reference");
  request.Take("why", "why");
  const auto answer = Send(request, arguments, terminal, "account rename");
  return Finish(answer, arguments, terminal, [&](Terminal& to, const Json& json) {
    to.out << "renamed " << Count(json["accounts"], "account", "accounts") << " with "
           << Count(json["addresses"], "address", "addresses") << '\n';
    return kExitClean;
  });
}

int RunAccountShow(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  request.Set("account", arguments.operands[0]);
  request.TakeLimit();
  const auto answer = Send(request, arguments, terminal, "account show");
  return Finish(answer, arguments, terminal,
                [&](Terminal& to, const Json& json) { return ShowAccount(to, json); });
}

int RunAccountHistory(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  request.Set("account", arguments.operands[0]);
  request.TakeSince();
  request.TakeLimit();
  return FinishRows(Send(request, arguments, terminal, "account history"), arguments, terminal,
                    Rows::kHistory, "nothing is recorded");
}

int RunAccountErase(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  request.Set("account", arguments.operands[0]);
  request.Flag("yes", "yes");
  request.Take("ref", "reference");
  const auto answer = Send(request, arguments, terminal, "account erase");
  return Finish(answer, arguments, terminal, [&](Terminal& to, const Json& json) {
    to.out << "erased " << TextOf(json, "account") << ": "
           << Count(json["erased_rows"], "row", "rows") << '\n';
    return kExitClean;
  });
}

}  // namespace warifu::cli
