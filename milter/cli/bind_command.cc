// `warifu bind …` but for import and audit: one address, changes, grants, disputes.
#include <nlohmann/json.hpp>
#include <ostream>

#include "cli/handlers.h"
#include "cli/ledger_text.h"

namespace warifu::cli {
namespace {

Style StyleOfAddress(std::string_view state) {
  if (state == "disputed" || state == "swapped") return Style::kRed;
  if (state == "proven") return Style::kGreen;
  return state == "unknown" ? Style::kPlain : Style::kYellow;
}

std::string_view MeaningOf(std::string_view state) {
  if (state == "disputed") return "mail from and to it is deferred until this is settled";
  if (state == "swapped") return "the directory says another owner, and no change explains it";
  if (state == "moving") return "an announced change explains the new owner";
  if (state == "released") return "the directory no longer has it";
  if (state == "new") return "in the directory, not yet proven";
  if (state == "unknown") return "neither proven nor in the directory: a list, an alias, remote";
  return "directory and ledger agree";
}

std::string Proven(const Terminal& terminal, const Json& proof) {
  std::string text = TextOf(proof, "account") + ", since " + TimeOf(terminal, proof, "since") +
                     " by " + TextOf(proof, "source");
  if (proof.contains("reference")) text += ", " + TextOf(proof, "reference");
  return text;
}

std::string Directory(const Json& json) {
  const auto it = json.find("directory");
  if (it == json.end()) return "not asked: no daemon runs, or it has no directory";
  const std::string accounts = TextOf(*it, "accounts");
  std::string text = accounts.empty() ? TextOf(*it, "status") : accounts;
  if (it->value("by_domain", false)) text += " (by a row for the whole domain)";
  if (it->contains("detail")) text += ": " + TextOf(*it, "detail");
  return text;
}

int ShowAddress(Terminal& terminal, const Json& json) {
  const std::string state = TextOf(json, "state");
  Table table;
  AddRow(&table, "address", TextOf(json, "address"), Style::kBold);
  AddRow(&table, "state", state + ": " + std::string(MeaningOf(state)), StyleOfAddress(state));
  if (const auto it = json.find("dispute"); it != json.end()) {
    AddRow(&table, "disputed",
           "since " + TimeOf(terminal, *it, "since") + " by " + TextOf(*it, "kind"));
    AddRow(&table, "because", TextOf(*it, "detail"));
    AddRow(&table, "incident", TextOf(*it, "reference"));
  }
  const char* label = "proven";
  for (const Json& proof : json["proven"]) {
    AddRow(&table, label, Proven(terminal, proof));
    label = "";
  }
  if (json["proven"].empty()) AddRow(&table, "proven", "nobody");
  AddRow(&table, "directory", Directory(json));
  AddRow(&table, "released", TimeOf(terminal, json, "released"));
  table.Print(terminal);
  if (!json["changes"].empty()) {
    terminal.out << "\nannounced\n";
    PrintRows(terminal, Rows::kChanges, json["changes"], "  ");
  }
  if (!json["history"].empty()) {
    terminal.out << "\nhistory\n";
    PrintRows(terminal, Rows::kHistory, json["history"], "  ");
  }
  if (!json["next"].empty()) terminal.out << '\n';
  PrintNext(terminal, json["next"]);
  return state == "disputed" || state == "swapped" ? kExitFound : kExitClean;
}

}  // namespace

int RunBindShow(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  request.Set("address", arguments.operands[0]);
  request.TakeLimit();
  const auto answer = Send(request, arguments, terminal, "bind show");
  return Finish(answer, arguments, terminal,
                [&](Terminal& to, const Json& json) { return ShowAddress(to, json); });
}

int RunBindAnnounce(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  const bool from_file = arguments.Has("file");
  if (from_file) {
    if (!arguments.operands.empty() || arguments.Has("from") || arguments.Has("to")) {
      request.Wrong("with --file, address and accounts stand in the file");
    }
    request.TakeFile();
  } else if (arguments.operands.empty()) {
    request.Wrong("name the address, or a file with --file");
  } else {
    request.Set("address", arguments.operands[0]);
    request.Take("from", "from");
    request.Take("to", "to");
    if (!arguments.Has("to")) {
      request.Wrong("say with --to which account the address goes to, or --to - for none");
    }
  }
  request.Take("ref", "reference");
  request.TakeUntil();
  const auto answer = Send(request, arguments, terminal, "bind announce");
  return Finish(answer, arguments, terminal, [&](Terminal& to, const Json& json) {
    to.out << "announced " << Count(json["announced"], "change", "changes") << ", valid until "
           << TimeOf(to, json, "valid_until") << '\n';
    if (json["already_there"] > 0) {
      to.out << Count(json["already_there"], "was", "were") << " announced before\n";
    }
    return kExitClean;
  });
}

int RunBindWithdraw(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  request.Set("address", arguments.operands[0]);
  request.Take("ref", "reference");
  const auto answer = Send(request, arguments, terminal, "bind withdraw");
  return Finish(answer, arguments, terminal, [](Terminal& to, const Json& json) {
    to.out << "withdrew " << Count(json["withdrawn"].size(), "change", "changes") << " of "
           << TextOf(json, "address") << '\n';
    return kExitClean;
  });
}

int RunBindGrant(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  request.Set("account", arguments.operands[0]);
  request.Set("target", arguments.operands[1]);
  request.Take("ref", "reference");
  request.TakeUntil();
  const auto answer = Send(request, arguments, terminal, "bind grant");
  return Finish(answer, arguments, terminal, [&](Terminal& to, const Json& json) {
    const Json& grant = json["granted"];
    const std::string until = TimeOf(to, grant, "until");
    to.out << TextOf(grant, "account") << " may send as " << TextOf(grant, "target")
           << (until.empty() ? " until it is revoked" : " until " + until) << '\n';
    return kExitClean;
  });
}

int RunBindRevoke(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  request.Set("account", arguments.operands[0]);
  request.Set("target", arguments.operands[1]);
  request.Take("ref", "reference");
  const auto answer = Send(request, arguments, terminal, "bind revoke");
  return Finish(answer, arguments, terminal, [&](Terminal& to, const Json& json) {
    to.out << TextOf(json["revoked"], "account") << " may no longer send as "
           << TextOf(json["revoked"], "target") << '\n';
    return kExitClean;
  });
}

int RunBindResolve(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  request.Set("address", arguments.operands[0]);
  request.Take("owner", "owner");
  request.Take("ref", "reference");
  request.Take("why", "why");
  const auto answer = Send(request, arguments, terminal, "bind resolve");
  return Finish(answer, arguments, terminal, [&](Terminal& to, const Json& json) {
    const std::string before = TextOf(json, "before");
    to.out << TextOf(json, "address") << " belongs to " << TextOf(json, "owner")
           << (before.empty() ? "" : " (before: " + before + ")")
           << (json.value("was_disputed", false) ? "; the dispute has ended\n" : "\n");
    return kExitClean;
  });
}

int RunBindChanges(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  if (!arguments.operands.empty()) request.Set("address", arguments.operands[0]);
  request.Take("state", "state");
  request.TakeLimit();
  const auto answer = Send(request, arguments, terminal, "bind changes");
  return FinishRows(answer, arguments, terminal, Rows::kChanges,
                    "no " + arguments.Value("state", "open") + " change");
}

int RunBindDisputes(const Arguments& arguments, Terminal& terminal) {
  Request request(arguments, terminal);
  request.TakeLimit();
  const auto answer = Send(request, arguments, terminal, "bind disputes");
  const int status =
      FinishRows(answer, arguments, terminal, Rows::kDisputes, "no address is disputed");
  if (!answer || Json::parse(*answer)["rows"].empty()) return status;
  if (!arguments.json())
    terminal.out << "\nnext  for one of them:\n      warifu bind show ADDRESS\n";
  return kExitFound;
}

}  // namespace warifu::cli
