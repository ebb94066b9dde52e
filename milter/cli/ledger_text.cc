#include "cli/ledger_text.h"

#include <nlohmann/json.hpp>
#include <ostream>

#include "base/iso_time.h"
#include "base/redact.h"
#include "cli/when.h"

namespace warifu::cli {
namespace {

constexpr std::size_t kLongest = 300;  // bytes of one value

Style StyleOfState(std::string_view state) {
  if (state == "disputed" || state == "swapped") return Style::kRed;
  if (state == "open" || state == "moving" || state == "released") return Style::kYellow;
  if (state == "proven" || state == "used") return Style::kGreen;
  return Style::kPlain;
}

Table::Cell Head(const char* text) {
  return {text, Style::kBold};
}

Table::Cell StateCell(const Json& row) {
  const std::string state = TextOf(row, "state");
  return {state, StyleOfState(state)};
}

std::string OrDash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string Short(const Json& row, const char* key) {
  const auto it = row.find(key);
  if (it == row.end() || !it->is_string()) return "-";
  const auto time = ParseIsoTime(it->get<std::string>());
  return time ? LocalTime(*time) : "-";
}

const Json& FirstOf(const Json& row, const char* key, const Json& none) {
  const auto it = row.find(key);
  return it == row.end() || it->empty() ? none : it->front();
}

// "disputed: a, b → c" of a row of history.
std::string What(const Json& row) {
  const std::string before = TextOf(row, "before"), after = TextOf(row, "after");
  if (before.empty() && after.empty()) return "";
  return before.empty() ? after : OrDash(before) + " -> " + OrDash(after);
}

std::string Why(const Json& row) {
  std::string reference = TextOf(row, "reference"), why = TextOf(row, "why");
  if (reference.empty()) return why;
  return why.empty() ? reference : reference + ": " + why;
}

// " (12 times, the latest 11:03)".
std::string Times(const Json& row) {
  const auto it = row.find("times");
  if (it == row.end() || !it->is_number_unsigned()) return "";
  return " (" + it->dump() + " times, the latest " + Short(row, "latest") + ")";
}

std::vector<Table::Cell> HeadOf(Rows kind) {
  switch (kind) {
    case Rows::kChanges:
      return {Head("ADDRESS"),     Head("FROM"),    Head("TO"),        Head("STATE"),
              Head("VALID UNTIL"), Head("SETTLED"), Head("REFERENCE"), Head("BY")};
    case Rows::kLocks:
      return {Head("ACCOUNT"), Head("LOCKED TO"), Head("SINCE"),
              Head("UNTIL"),   Head("BY"),        Head("REASON")};
    case Rows::kGrants:
      return {Head("ACCOUNT"), Head("MAY SEND AS"), Head("SINCE"),
              Head("UNTIL"),   Head("BY"),          Head("REFERENCE")};
    case Rows::kHistory:
      return {Head("WHEN"),   Head("WHAT"), Head("ADDRESS"), Head("ACCOUNT"),
              Head("CHANGE"), Head("WHO"),  Head("WHY")};
    case Rows::kIncidents:
      return {Head("REFERENCE"), Head("WHEN"),     Head("STATE"),  Head("WHAT"),
              Head("ACCOUNT"),   Head("QUEUE ID"), Head("SUMMARY")};
    case Rows::kDisputes:
      return {Head("ADDRESS"), Head("SINCE"), Head("BY"), Head("INCIDENT"), Head("DETAIL")};
    case Rows::kBreakers:
      return {Head("SCOPE"), Head("OPEN SINCE"), Head("UNTIL"), Head("BY"), Head("REASON")};
    case Rows::kAccounts:
      return {Head("ACCOUNT"), Head("LOCKED SINCE"), Head("NOTICE"), Head("TO"), Head("REASON")};
  }
  return {};
}

std::vector<Table::Cell> CellsOf(Rows kind, const Json& row) {
  const auto text = [&](const char* key) { return OrDash(TextOf(row, key)); };
  switch (kind) {
    case Rows::kChanges:
      return {text("address"),           text("from"),          text("to"),        StateCell(row),
              Short(row, "valid_until"), Short(row, "settled"), text("reference"), text("by")};
    case Rows::kLocks: {
      const std::string scope = TextOf(row, "scope");
      return {{TextOf(row, "account"), Style::kRed},
              scope == "both" ? std::string("send, receive") : scope,
              Short(row, "since"),
              Short(row, "until"),
              text("by"),
              TextOf(row, "reference").empty() ? text("reason")
                                               : TextOf(row, "reference") + ": " + text("reason")};
    }
    case Rows::kGrants:
      return {text("account"),     text("target"), Short(row, "since"),
              Short(row, "until"), text("by"),     text("reference")};
    case Rows::kHistory:
      return {Short(row, "at"),  text("kind"), text("address"), text("account"),
              OrDash(What(row)), text("who"),  OrDash(Why(row))};
    case Rows::kIncidents:
      return {text("reference"),
              Short(row, "at"),
              StateCell(row),
              TextOf(row, "kind") + " " + TextOf(row, "action"),
              text("account"),
              text("queue_id"),
              text("summary") + Times(row)};
    case Rows::kDisputes:
      return {{text("address"), Style::kRed},
              Short(row, "since"),
              text("kind"),
              text("reference"),
              text("detail")};
    case Rows::kBreakers:
      return {{text("scope"), Style::kRed},
              Short(row, "opened"),
              Short(row, "until"),
              text("by"),
              text("reason")};
    case Rows::kAccounts: {
      const Json none = Json::object();
      const Json &lock = FirstOf(row, "locks", none), &notice = FirstOf(row, "notices", none);
      const std::size_t more = row["notices"].size() > 1 ? row["notices"].size() - 1 : 0;
      return {{TextOf(row, "account"), lock.empty() ? Style::kPlain : Style::kRed},
              Short(lock, "since"),
              Short(notice, "at"),
              OrDash(TextOf(notice, "mailbox")) +
                  (more > 0 ? " and " + std::to_string(more) + " more" : ""),
              OrDash(TextOf(lock, "reason"))};
    }
  }
  return {};
}

}  // namespace

std::string TextOf(const Json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end()) return "";
  if (it->is_string()) return Printable(it->get<std::string>(), kLongest);
  if (it->is_number()) return it->dump();
  std::string out;
  if (it->is_array()) {
    for (const Json& entry : *it) {
      if (entry.is_string()) out += (out.empty() ? "" : ", ") + entry.get<std::string>();
    }
  }
  return Printable(out, kLongest);
}

std::string TimeOf(const Terminal& terminal, const Json& object, const char* key) {
  const auto it = object.find(key);
  if (it == object.end() || !it->is_string()) return "";
  const auto time = ParseIsoTime(it->get<std::string>());
  return time ? TimeText(*time, terminal.clock->Now()) : "";
}

void AddRow(Table* table, const char* label, std::string text, Style style) {
  if (!text.empty()) table->Add({{label, Style::kDim}, {std::move(text), style}});
}

void PrintRows(Terminal& terminal, Rows kind, const Json& rows, std::string_view indent) {
  Table table;
  table.Add(HeadOf(kind));
  for (const Json& row : rows) table.Add(CellsOf(kind, row));
  table.Print(terminal, indent);
}

void PrintNotes(Terminal& terminal, const Json& answer) {
  const auto notes = answer.find("notes");
  if (notes == answer.end() || !notes->is_array()) return;
  for (const Json& note : *notes) {
    if (!note.is_string()) continue;
    terminal.err << "warifu: note: " << Printable(note.get<std::string>(), 2'000) << '\n';
  }
}

void PrintNext(Terminal& terminal, const Json& next) {
  for (const Json& step : next) {
    terminal.out << Paint(terminal, Style::kDim, "next") << "  " << TextOf(step, "when") << ":\n"
                 << "      " << Paint(terminal, Style::kBold, TextOf(step, "command")) << '\n';
  }
}

std::string Count(std::uint64_t count, std::string_view one, std::string_view many) {
  return std::to_string(count) + " " + std::string(count == 1 ? one : many);
}

int Finish(const app::ControlAnswer& answer, const Arguments& arguments, Terminal& terminal,
           const std::function<int(Terminal&, const Json&)>& text) {
  if (!answer) {
    PrintErrors(terminal, answer.error());
    return kExitError;
  }
  const Json json = Json::parse(*answer);
  if (arguments.json()) {
    std::ostream nowhere(nullptr);
    Terminal unseen{.out = nowhere, .err = nowhere, .clock = terminal.clock};
    terminal.out << *answer << '\n';
    return text(unseen, json);
  }
  const int status = text(terminal, json);
  PrintNotes(terminal, json);
  return status;
}

int FinishRows(const app::ControlAnswer& answer, const Arguments& arguments, Terminal& terminal,
               Rows kind, std::string_view none) {
  if (!answer) {
    PrintErrors(terminal, answer.error());
    return kExitError;
  }
  const Json json = Json::parse(*answer);
  const Json rows = json.value("rows", Json::array());
  if (arguments.json()) {
    for (const Json& row : rows) {
      terminal.out << row.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
    }
  } else if (rows.empty()) {
    terminal.out << none << '\n';
  } else {
    PrintRows(terminal, kind, rows);
  }
  if (json.value("more", false)) {
    terminal.err << "warifu: note: there are more than these " << rows.size()
                 << "; --limit NUMBER shows them\n";
  }
  return kExitClean;
}

}  // namespace warifu::cli
