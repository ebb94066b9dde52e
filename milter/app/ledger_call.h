// Ledger call: one call of the ledger service, its arguments read by kind.
//
// Reading never stops at the first mistake: what is wrong is kept in `errors`, and the value that
// comes back is then of no use. A handler reads everything that it needs, returns Failed() if
// there are errors, and only then touches the store.
//
// Internal to app's ledger_*.cc. Threads: one at a time.
#pragma once

#include <chrono>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/ledger_service.h"
#include "store/records.h"

namespace warifu::app {

using Json = nlohmann::ordered_json;

// A line of a file with its words.
struct LedgerLine {
  Place place;
  std::vector<std::string> words;
};

class LedgerCall {
 public:
  LedgerCall(const LedgerContext& context, const LedgerCaller& caller, std::string_view arguments);
  ~LedgerCall();

  store::Store& store() const { return *context.store; }
  WallTime now() const { return caller.now; }
  store::Act MakeAct() const;  // reference and why as given

  bool Has(const char* key) const;
  bool Flag(const char* key) const;
  // "" where it is not there. Printable, UTF-8, at most `most` bytes.
  std::string Text(const char* key, std::size_t most = 1000);
  std::string Needed(const char* key, std::string_view what);
  std::vector<std::string> Texts(const char* key);
  std::size_t Limit(std::size_t standard = 100);
  // "until" (a time ahead of now) or "for" (seconds).
  std::optional<WallTime> Until();
  std::optional<WallTime> Time(const char* key);

  // Canonical; an Error at `place` where the text is none.
  std::string AddressOf(std::string_view text, const Place& place = {});
  std::string AccountOf(std::string_view text, const Place& place = {});
  // The lines of "file" and "text" with `least` to `most` words; the last takes the rest of its
  // line.
  std::vector<LedgerLine> Lines(std::size_t least, std::size_t most, std::string_view form);
  bool FromFile() const { return Has("text"); }

  void Wrong(std::string text, const Place& place = {});
  bool failed() const { return !errors.empty(); }
  std::unexpected<Errors> Failed() { return std::unexpected(std::move(errors)); }

  const LedgerContext& context;
  const LedgerCaller& caller;
  Errors errors;

 private:
  std::unique_ptr<Json> json_;
};

// Words of a line: parted by blanks, tabs or one comma; the last takes the rest.
std::vector<std::string> SplitWords(std::string_view line, std::size_t most);

// For a command line to be pasted into a shell.
std::string ShellWord(std::string_view text);

std::unexpected<Errors> Give(const Error& error);
ControlAnswer Answer(const Json& json);

// Handlers, by command.
ControlAnswer BindShow(LedgerCall& call);
ControlAnswer BindAnnounce(LedgerCall& call);
ControlAnswer BindGrant(LedgerCall& call);
ControlAnswer BindRevoke(LedgerCall& call);
ControlAnswer BindResolve(LedgerCall& call);
ControlAnswer BindChanges(LedgerCall& call);
ControlAnswer BindWithdraw(LedgerCall& call);
ControlAnswer BindDisputes(LedgerCall& call);
ControlAnswer AccountLock(LedgerCall& call);
ControlAnswer AccountUnlock(LedgerCall& call);
ControlAnswer AccountsListed(LedgerCall& call);
ControlAnswer AccountRename(LedgerCall& call);
ControlAnswer AccountShow(LedgerCall& call);
ControlAnswer AccountHistory(LedgerCall& call);
ControlAnswer AccountErase(LedgerCall& call);
ControlAnswer IncidentList(LedgerCall& call);
ControlAnswer IncidentShow(LedgerCall& call);
ControlAnswer IncidentSettle(LedgerCall& call);
ControlAnswer BreakerStatus(LedgerCall& call);
ControlAnswer BreakerOpen(LedgerCall& call);
ControlAnswer BreakerClose(LedgerCall& call);
ControlAnswer StoreCheck(LedgerCall& call);
ControlAnswer StoreBackup(LedgerCall& call);
ControlAnswer StorePrune(LedgerCall& call);

}  // namespace warifu::app
