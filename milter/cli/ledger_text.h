// Ledger text: answers of the ledger service, as people read them at three in the morning.
//
// What is wrong comes first, then for whom, since when, and what to type next. The pieces here are
// shared by the commands bind, account, incident, breaker and store. Every text of an answer goes
// through Printable(). Threads: one at a time.
#pragma once

#include <expected>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "app/control.h"
#include "cli/command.h"
#include "cli/terminal.h"

namespace warifu::cli {

using Json = nlohmann::ordered_json;

// Text of a member, printable; "" where there is none. Lists are joined by ", ".
std::string TextOf(const Json& object, const char* key);
// "2026-12-31 18:00 (3 h ago)", "" where there is none.
std::string TimeOf(const Terminal& terminal, const Json& object, const char* key);

// A row that is shown only where it has a text.
void AddRow(Table* table, const char* label, std::string text, Style style = Style::kPlain);
// Changes, locks, grants or rows of history as a table with a heading.
enum class Rows {
  kChanges,
  kLocks,
  kGrants,
  kHistory,
  kIncidents,
  kDisputes,
  kBreakers,
  kAccounts,
};
void PrintRows(Terminal& terminal, Rows kind, const Json& rows, std::string_view indent = "");
// "note: …", one a line, to standard error.
void PrintNotes(Terminal& terminal, const Json& answer);
// What to type next.
void PrintNext(Terminal& terminal, const Json& next);

// "3 addresses", "1 address"
std::string Count(std::uint64_t count, std::string_view one, std::string_view many);

// Prints an answer: as it is where JSON is asked for, else by `text`. Its errors, where it failed.
// Returns the exit status, which `text` says in both forms.
int Finish(const app::ControlAnswer& answer, const Arguments& arguments, Terminal& terminal,
           const std::function<int(Terminal&, const Json&)>& text);
// The same for an answer of rows; says so where there are none, and where there are more.
int FinishRows(const app::ControlAnswer& answer, const Arguments& arguments, Terminal& terminal,
               Rows kind, std::string_view none);

// What stands on the command line, as the service wants it. All mistakes are kept.
class Request {
 public:
  Request(const Arguments& arguments, const Terminal& terminal);
  ~Request();
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  void Set(const char* key, const std::string& text);
  void Set(const char* key, const std::vector<std::string>& texts);
  void Flag(const char* option, const char* key);
  // The option where it is given.
  void Take(const char* option, const char* key);
  // --until or --for; --valid is another word for --for.
  void TakeUntil();
  void TakeSince();
  void TakeLimit();
  // The whole text of --file; "-" is standard input.
  void TakeFile();
  void Wrong(std::string text);

  const Errors& errors() const { return errors_; }
  std::string ToString() const;

 private:
  const Arguments& arguments_;
  const Terminal& terminal_;
  std::unique_ptr<Json> json_;
  Errors errors_;
};

// Carries the request out, or gives back what is wrong with it.
app::ControlAnswer Send(const Request& request, const Arguments& arguments, Terminal& terminal,
                        std::string_view command);

}  // namespace warifu::cli
