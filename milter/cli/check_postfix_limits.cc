// Checks of Postfix: times, sizes, protocol and version.
#include <algorithm>
#include <charconv>
#include <chrono>

#include "cli/postfix_case.h"

namespace warifu::cli {
namespace {

using enum CheckLevel;
using std::chrono::milliseconds;

long InSeconds(milliseconds time) {
  return static_cast<long>((time.count() + 999) / 1000);
}

// What one answer at MAIL may take: each source has its own time-out.
long LookupSeconds(const app::Settings& settings) {
  milliseconds sum{0};
  if (!settings.directory.none()) sum += settings.directory.server.timeout;
  if (!settings.store.url.empty()) sum += settings.store.timeout;
  const auto& lease = settings.identity.lease;
  if (!lease.table.empty() || !lease.sql.url.empty()) sum += lease.server.timeout;
  return InSeconds(sum);
}

struct Time {
  const char* own;   // in braces
  const char* name;  // the parameter
  const char* id;
  long least;  // it must be more
  std::string why;
};

void CheckTime(PostfixCase& about, const Time& time) {
  std::vector<const Use*> low;
  std::vector<Remedy> remedies;
  const std::string better = std::to_string(std::max(time.least * 2, 30L)) + "s";
  CheckLevel level = kHurts;
  std::string value;
  const auto look = [&](const Use& use) {
    if (!use.Here()) return;
    const std::string now = about.OwnValue(use, time.own, time.name);
    const long seconds = SecondsOf(now);
    if (seconds < 0 || seconds > time.least) return;
    value = now;
    if (use.enforcing) level = std::max(level, use.WhileDown());
    AddOnce(about.SetOwn(use, time.own, time.name, better), &remedies);
    low.push_back(&use);
  };
  for (const Use& use : about.smtpds()) look(use);
  if (about.local().service != nullptr) look(about.local());
  if (low.empty()) return;
  about.Add({level, "postfix",
             std::string(time.name) + " = " + value + At(about, low) + " is not above the " +
                 std::to_string(time.least) + " s that " + time.why,
             about.InOf(*low.front(), time.name), time.id,
             level == kFailsOpen ? "mail that takes warifu longer passes unseen"
                                 : "mail that takes warifu longer is turned away",
             std::move(remedies)});
}

std::uint64_t Number(const std::string& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// A size as warifu.conf has it, not below `bytes`.
std::string SizeText(std::uint64_t bytes) {
  return std::to_string((bytes + (1u << 20) - 1) >> 20) + "M";
}

}  // namespace

void CheckTimes(PostfixCase& about) {
  CheckTime(about, {"content_timeout", "milter_content_timeout", "content-timeout",
                    InSeconds(about.settings().scan_budget), "scan.budget gives one mail"});
  CheckTime(about, {"command_timeout", "milter_command_timeout", "command-timeout",
                    LookupSeconds(about.settings()) + 1,
                    "the time-outs of directory, store and leases may add up to"});
}

void CheckSizes(PostfixCase& about) {
  constexpr std::uint64_t kMost = 1u << 30;  // what a setting of ours is raised to
  std::vector<const Use*> above;
  std::uint64_t most = 0;
  const std::uint64_t ours = about.settings().limits.message_bytes;
  std::vector<Remedy> down;
  for (const Use& use : about.smtpds()) {
    const std::string text = about.Value(use, "message_size_limit");
    const std::uint64_t limit = Number(text);
    if (!use.Here() || text.empty() || (limit != 0 && limit <= ours)) continue;
    most = limit == 0 ? UINT64_MAX : std::max(most, limit);
    AddOnce(about.SetWhereItIs(use, "message_size_limit", std::to_string(ours)), &down);
    above.push_back(&use);
  }
  if (above.empty()) return;
  std::vector<Remedy> remedies;
  if (most <= kMost) {
    remedies = {{Remedy::Kind::kWarifuConf, "limits = { message = \"" + SizeText(most) + "\"; };"}};
  } else {
    remedies = std::move(down);
  }
  about.Add({kUncovered, "postfix",
             "message_size_limit = " + about.Value(*above.front(), "message_size_limit") +
                 At(about, above) + " is above limits.message",
             about.InOf(*above.front(), "message_size_limit"), "size",
             "larger mail is not scanned whole", std::move(remedies)});
}

namespace {

// The macros of warifu's own list that `list` lacks. Postfix takes names with and without braces.
std::string Lacking(const std::string& list, std::string_view wanted) {
  const auto has = ListOf(list);
  std::string missing;
  for (const std::string& name : ListOf(wanted)) {
    if (std::ranges::find(has, name) != has.end()) continue;
    missing += (missing.empty() ? "" : " ") + (name.size() > 1 ? "{" + name + "}" : name);
  }
  return missing;
}

// Before 2.6 no filter could choose its macros, and Postfix's own lists held.
void CheckMacros(PostfixCase& about, const Use& use) {
  const auto version = VersionOf(about.Value("mail_version"));
  const bool own = version.size() < 2 || version[0] > 2 || (version[0] == 2 && version[1] >= 6);
  if (own) return;
  constexpr std::pair<const char*, const char*> kLists[] = {
      {"milter_connect_macros", "{daemon_name}"},
      {"milter_mail_macros", "{auth_authen} {auth_type} {daemon_name}"},
      {"milter_end_of_data_macros", "i"}};
  for (const auto& [name, wanted] : kLists) {
    const std::string list = about.Value(use, name);
    const std::string missing = Lacking(list, wanted);
    if (missing.empty()) continue;
    const bool login = missing.find("auth_authen") != std::string::npos;
    about.Add({login ? kUncovered : kHurts,
               "postfix",
               std::string(name) + " at " + use.service->Id() + " lacks " + missing,
               about.InOf(use, name),
               "macros",
               login ? "warifu sees no login: no sender is compared with its account"
                     : "warifu cannot tell the listener, or the queue id of a mail",
               {about.SetWhereItIs(use, name, list + (list.empty() ? "" : " ") + missing)}});
  }
}

}  // namespace

void CheckProtocol(PostfixCase& about) {
  for (const Use& use : about.smtpds()) {
    if (!use.Here()) continue;
    CheckMacros(about, use);
    const std::string value = about.OwnValue(use, "protocol", "milter_protocol");
    long version = 0;
    for (const std::string& word : ListOf(value)) {
      if (const auto numbers = VersionOf(word); !numbers.empty()) version = numbers[0];
    }
    if (version >= 6 || value.empty()) continue;
    about.Add(
        {kHurts,
         "postfix",
         "milter_protocol = " + value + " at " + use.service->Id() + " is below 6",
         about.InOf(use, "milter_protocol"),
         "protocol",
         "each line of a head takes a round trip, and the blank before a field's value is lost",
         {about.SetOwn(use, "protocol", "milter_protocol", "6")}});
    return;  // the others differ by what was said
  }
}

void CheckMacroDefaults(PostfixCase& about) {
  for (const Use& use : about.smtpds()) {
    if (!use.Here()) continue;
    std::string rest, found;
    for (const std::string& word : ListOf(about.Value(use, "milter_macro_defaults"))) {
      const bool login =
          word.find("auth_") != std::string::npos || word.find("cert_") != std::string::npos;
      std::string& to = login ? found : rest;
      to += (to.empty() ? "" : ", ") + word;
    }
    if (found.empty()) continue;
    about.Add({kFailsOpen,
               "postfix",
               "milter_macro_defaults = " + found + " at " + use.service->Id(),
               about.InOf(use, "milter_macro_defaults"),
               "macro-defaults",
               "a session without a login counts as that account",
               {about.SetWhereItIs(use, "milter_macro_defaults", rest)}});
    return;
  }
}

// Versions that let a stranger past what any filter was told.
void CheckVersion(PostfixCase& about) {
  const std::string text = about.Value("mail_version");
  const auto version = VersionOf(text);
  if (version.size() < 2) return;
  constexpr long kMended[][3] = {{3, 5, 23}, {3, 6, 13}, {3, 7, 9}, {3, 8, 4}};
  bool old = version[0] < 3 || (version[0] == 3 && version[1] < 5);
  for (const auto& [major, minor, patch] : kMended) {
    old = old ||
          (version.size() > 2 && version[0] == major && version[1] == minor && version[2] < patch);
  }
  if (old) {
    about.Add({kUncovered,
               "postfix",
               "Postfix " + text + " ends mail at a bare line feed and a dot",
               about.In("main.cf"),
               "version",
               "a second mail can be smuggled inside of another past the checks of whoever sent it "
               "(CVE-2023-51764)",
               {{Remedy::Kind::kAdvice,
                 "take Postfix 3.5.23, 3.6.13, 3.7.9, 3.8.4 or later, unless your distribution's "
                 "older number carries the correction"}}});
  }
}

void CheckTcp(PostfixCase& about) {
  const std::string& address = about.settings().socket.address;
  if (address.starts_with("unix:")) return;
  const std::string host = TcpPlaceOf(address).host;
  if (!IsLoopback(host)) {
    about.Add({kHurts,
               "socket",
               "socket.address = " + address + " is not on loopback",
               {about.settings().path},
               "tcp-open",
               "whoever reaches that port can claim any login",
               {{Remedy::Kind::kAdvice,
                 "let warifu listen on a unix socket, or shut the port to all but the MTA"}}});
    return;
  }
  about.Add(
      {kNote,
       "socket",
       "socket.address = " + address + " is TCP to the same machine",
       {about.settings().path},
       "tcp",
       "every line of a head is answered, since silence would cost 44 ms a mail over TCP; and "
       "while warifu restarts, connections are refused",
       {{Remedy::Kind::kAdvice, "a unix socket is faster"}}});
}

// A misspelt setting is none; postconf knows.
void CheckSpelling(PostfixCase& about) {
  for (const std::string& warning : about.postfix().warnings) {
    const bool unused = warning.find("unused parameter") != std::string::npos;
    if (!unused || warning.find("milt") == std::string::npos) continue;
    about.Add({kHurts,
               "postfix",
               warning,
               about.In("main.cf"),
               "spelling",
               "Postfix does not know that setting: nothing comes of it",
               {{Remedy::Kind::kAdvice, "mend the name; postconf | grep milter shows them all"}}});
  }
}

}  // namespace warifu::cli
