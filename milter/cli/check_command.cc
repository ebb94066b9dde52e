// `warifu check`: configuration, rules, directory, folders and the MTA's settings.
#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <iterator>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <ostream>

#include "base/redact.h"
#include "cli/check_login_maps.h"
#include "cli/check_mta.h"
#include "cli/check_place.h"
#include "cli/check_postfix.h"
#include "cli/check_print.h"
#include "cli/check_running.h"
#include "cli/check_sendmail.h"
#include "cli/check_system.h"
#include "cli/handlers.h"
#include "cli/tool_settings.h"

namespace warifu::cli {
namespace {

using Json = nlohmann::ordered_json;

CheckReport FromErrors(const std::string& what, const Errors& errors) {
  CheckReport report;
  for (const Error& error : errors) {
    report.push_back({CheckLevel::kError, what, error.text, error.place});
  }
  return report;
}

// What the query of announced changes gives now; nothing of it is used.
void CheckChanges(const app::Snapshot& snapshot, CheckReport* report) {
  constexpr std::size_t kShown = 10;
  if (snapshot.changes == nullptr) return;
  const auto rows = snapshot.changes->Read(WallTime());
  if (!rows) {
    const ErrorKind kind = rows.error().kind;
    const bool lasting = kind == ErrorKind::kInvalid || kind == ErrorKind::kNotFound;
    report->push_back({lasting ? CheckLevel::kError : CheckLevel::kWarning, "changes",
                       (lasting ? "" : "does not answer now: ") + rows.error().text,
                       rows.error().place});
    return;
  }
  using Kind = binding::ChangeReading::Kind;
  std::map<Kind, std::size_t> counts;
  CheckReport wrong;
  const WallTime now = Clock::System().Now();
  for (const binding::ChangeRow& row : *rows) {
    binding::ChangeReading read = binding::ReadChange(row, snapshot.settings.binding, now);
    ++counts[read.kind];
    if (read.kind == Kind::kWrong && wrong.size() < kShown) {
      wrong.push_back({CheckLevel::kWarning, "changes", std::move(read.error)});
    }
  }
  report->push_back({CheckLevel::kOk, "changes",
                     snapshot.changes->Describe() + ": " + std::to_string(rows->size()) +
                         " rows; valid now " + std::to_string(counts[Kind::kValid]) + ", not yet " +
                         std::to_string(counts[Kind::kAhead]) + ", over " +
                         std::to_string(counts[Kind::kOver]) + ", wrong " +
                         std::to_string(counts[Kind::kWrong])});
  std::ranges::move(wrong, std::back_inserter(*report));
}

std::string Joined(const auto& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

// What the configuration takes away from the rules, and whether each still does what it says.
void CheckRules(const app::Snapshot& snapshot, CheckReport* report) {
  const app::Settings& settings = snapshot.settings;
  if (!settings.rules.disabled_rules.empty()) {
    report->push_back({CheckLevel::kNote, "rules",
                       "rules.disabled: not loaded: " + Joined(settings.rules.disabled_rules)});
  }
  if (!settings.observed_rules.empty()) {
    report->push_back({CheckLevel::kNote, "rules",
                       "rules.observed: only reported: " + Joined(settings.observed_rules)});
  }
  for (const scan::RuleProblem& problem : snapshot.rules->CheckExamples()) {
    if (!problem.error) continue;  // hints for authors: `warifu rules check`
    report->push_back({CheckLevel::kError, "rules", "rule '" + problem.rule + "': " + problem.text,
                       problem.place});
  }
}

// Rules and directory, as the daemon has loaded them into `snapshot`.
CheckReport CheckSnapshot(const app::Snapshot& snapshot, bool own) {
  CheckReport report;
  const scan::PatternSet& rules = *snapshot.rules;
  report.push_back({CheckLevel::kOk, "rules",
                    std::to_string(rules.rules().size()) + " rules, version " + rules.version()});
  if (!own) CheckRules(snapshot, &report);
  if (snapshot.directory != nullptr) {
    report.push_back({CheckLevel::kOk, "directory", snapshot.directory->Describe()});
  }
  for (const app::SourceState& state : app::ProbeSources(snapshot)) {
    report.push_back({state.lasting ? CheckLevel::kError : CheckLevel::kWarning, state.name,
                      (state.lasting ? "" : "does not answer now: ") + state.error.text,
                      state.error.place});
  }
  for (const std::string& warning : snapshot.warnings) {
    report.push_back({CheckLevel::kWarning, "loading", warning});
  }
  CheckChanges(snapshot, &report);
  for (const std::string& note : snapshot.notes) {
    report.push_back({CheckLevel::kNote, "loading", note});
  }
  return report;
}

void Append(CheckReport more, CheckReport* report) {
  report->insert(report->end(), std::make_move_iterator(more.begin()),
                 std::make_move_iterator(more.end()));
}

bool CutsMail(const app::Snapshot& snapshot) {
  return std::ranges::any_of(snapshot.rules->rules(), [](const scan::RuleInfo& rule) {
    return rule.action == Action::kStrip || rule.action == Action::kRedact;
  });
}

void PrintSettings(const app::Settings& settings, const Arguments& arguments, Terminal& terminal) {
  Table table;
  for (const app::EffectiveSetting& setting : settings.effective) {
    if (arguments.json()) {
      terminal.out << Json{{"setting", setting.name},
                           {"value", setting.Shown()},
                           {"file", setting.place.file},
                           {"line", setting.place.line}}
                          .dump(-1, ' ', false, Json::error_handler_t::replace)
                   << '\n';
      continue;
    }
    const bool standard = setting.place.line == 0;
    const std::string where =
        standard ? "default" : setting.place.file + ":" + std::to_string(setting.place.line);
    table.Add({{setting.name, standard ? Style::kPlain : Style::kBold},
               Printable(setting.Shown(), 1000),
               {where, Style::kDim}});
  }
  table.Print(terminal);
}

void PrintLoginMaps(const Postfix& postfix, Terminal& terminal) {
  const auto read = [](const std::string& path) -> std::optional<std::string> {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                               &std::fclose);
    if (!file) return std::nullopt;
    std::string text(64 << 10, '\0');  // settings; of a source text its beginning
    text.resize(std::fread(text.data(), 1, text.size(), file.get()));
    return text;
  };
  for (const std::string& maps : LoginMaps(postfix)) {
    for (const std::string& line : LoginMapLines(maps, read)) {
      terminal.out << Printable(line, 2000) << '\n';
    }
  }
}

// The MTAs of this machine: what their configuration says, and what is wrong with it.
struct Mtas {
  std::vector<Postfix> postfixes;
  std::vector<SendmailConfig> sendmails;
  CheckReport report;
};

// A folder that was named must be one of Postfix's; without one, a machine may have none.
void AskPostfixes(const Arguments& arguments, const app::Settings& settings, Mtas* mtas) {
  std::vector<std::string> folders = arguments.Values("postfix");
  const bool named = !folders.empty() || !settings.postfix_config.empty();
  if (folders.empty()) folders.push_back(settings.postfix_config);
  for (std::size_t i = 0; i < folders.size(); ++i) {
    auto postfix = AskPostfix(folders[i]);
    if (!postfix) {
      if (named || postfix.error().kind != ErrorKind::kNotFound) {
        mtas->report.push_back(
            {CheckLevel::kError, "postfix", postfix.error().text, {folders[i]}, "postconf"});
      }
      continue;
    }
    if (!arguments.Has("postfix") && ValueOf(*postfix, "multi_instance_enable") == "yes") {
      for (std::string& more : ListOf(ValueOf(*postfix, "multi_instance_directories"))) {
        if (std::ranges::find(folders, more) == folders.end()) folders.push_back(std::move(more));
      }
    }
    mtas->postfixes.push_back(*std::move(postfix));
  }
}

void AskSendmails(const Arguments& arguments, Mtas* mtas) {
  std::vector<std::string> files = arguments.Values("sendmail");
  const bool named = !files.empty();
  if (!named && mtas->postfixes.empty() && !arguments.Has("postfix")) {
    files.emplace_back("/etc/mail/sendmail.cf");
  }
  for (const std::string& file : files) {
    auto config = LoadSendmail(file);
    if (config) {
      mtas->sendmails.push_back(*std::move(config));
    } else if (named || config.error().kind != ErrorKind::kNotFound) {
      mtas->report.push_back(
          {CheckLevel::kError, "sendmail", config.error().text, {file}, "sendmail-cf"});
    }
  }
}

std::vector<std::string> OwnAddresses() {
  std::vector<std::string> out;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return out;
  for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) continue;
    const int family = one->ifa_addr->sa_family;
    if (family != AF_INET && family != AF_INET6) continue;
    char text[NI_MAXHOST];
    const socklen_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (::getnameinfo(one->ifa_addr, size, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) {
      continue;
    }
    const std::string address = text;
    out.push_back(address.substr(0, address.find('%')));
  }
  ::freeifaddrs(list);
  return out;
}

// Of several instances those are looked at that have to do with warifu, or all where none has.
void CheckMtas(const app::Settings& settings, const MtaFacts& facts, Mtas* mtas) {
  const auto plugged = [&](const Postfix& postfix) { return IsPluggedIn(settings, postfix); };
  const bool any = std::ranges::any_of(mtas->postfixes, plugged);
  for (const Postfix& postfix : mtas->postfixes) {
    if (any && !plugged(postfix)) {
      mtas->report.push_back({CheckLevel::kNote,
                              "postfix",
                              "this instance does not ask warifu",
                              {ValueOf(postfix, "config_directory")},
                              "instance"});
      continue;
    }
    Append(CheckPostfix(settings, postfix, facts), &mtas->report);
  }
  for (const SendmailConfig& sendmail : mtas->sendmails) {
    Append(CheckSendmail(settings, sendmail, facts), &mtas->report);
  }
}

std::vector<QueuePlace> QueuesOf(const Mtas& mtas) {
  std::vector<QueuePlace> queues;
  for (const Postfix& postfix : mtas.postfixes) {
    const std::string limit = ValueOf(postfix, "message_size_limit");
    std::uint64_t bytes = 0;
    std::from_chars(limit.data(), limit.data() + limit.size(), bytes);
    queues.push_back({ValueOf(postfix, "queue_directory"), bytes});
  }
  return queues;
}

// All that is around warifu: the daemon that runs, the machine, the MTA.
void CheckAround(const Arguments& arguments, const app::Settings& settings,
                 const app::Snapshot* snapshot, Mtas* mtas, CheckReport* report) {
  CheckReport running =
      CheckRunning(settings, snapshot != nullptr ? snapshot->rules->version() : "");
  MtaFacts facts;
  facts.cuts_mail = snapshot != nullptr && CutsMail(*snapshot);
  facts.silent = std::ranges::any_of(
      running, [](const CheckLine& line) { return line.id == "silent" && line.what == "socket"; });
  facts.own_addresses = OwnAddresses();
  Append(std::move(running), report);
  AskPostfixes(arguments, settings, mtas);
  AskSendmails(arguments, mtas);
  CheckMtas(settings, facts, mtas);
  Append(CheckDisks(settings, QueuesOf(*mtas), SpaceOf), report);
  Append(CheckClock(settings, Clock::System().Now(), ClockIsSynchronised()), report);
  Append(mtas->report, report);
}

void PrintPluggingIn(const app::Settings& settings, const Mtas& mtas, Terminal& terminal) {
  const Postfix* first = mtas.postfixes.empty() ? nullptr : &mtas.postfixes.front();
  terminal.out << '\n' << Paint(terminal, Style::kBold, "To plug it in:") << '\n';
  for (const std::string& line : PluggingIn(settings, first)) terminal.out << line << '\n';
  for (const Postfix& postfix : mtas.postfixes) PrintLoginMaps(postfix, terminal);
}

bool AnyRemedy(const CheckReport& report) {
  return std::ranges::any_of(report, [](const CheckLine& line) { return !line.remedies.empty(); });
}

}  // namespace

int RunCheck(const Arguments& arguments, Terminal& terminal) {
  const std::string path = arguments.Value("config", kDefaultConfig);
  const CheckPrint how{arguments.json(), arguments.Has("quiet")};
  if (const std::string none = WithoutConfig(arguments); !none.empty()) {
    PrintReport({{CheckLevel::kError, "configuration", none, {}}}, how, terminal);
    return kExitError;
  }
  const auto settings = app::LoadSettings(path);
  if (!settings) {
    PrintReport(FromErrors("configuration", settings.error()), how, terminal);
    const bool unreadable = std::ranges::any_of(
        settings.error(), [](const Error& e) { return e.kind != ErrorKind::kInvalid; });
    return unreadable ? kExitError : kExitFound;
  }
  if (arguments.Has("settings")) {
    PrintSettings(*settings, arguments, terminal);
    return kExitClean;
  }
  CheckReport report = {{CheckLevel::kOk,
                         "configuration",
                         "mode " + std::string(ToString(settings->policy.mode)),
                         {path}}};
  const bool own = arguments.Has("own");
  const auto snapshot = app::BuildSnapshot(*settings, Clock::System(), app::KeyUse::kReadOnly);
  Append(snapshot ? CheckSnapshot(**snapshot, own)
                  : FromErrors("rules and directory", snapshot.error()),
         &report);
  Append(CheckSystem(*settings), &report);
  Mtas mtas;
  if (!own) CheckAround(arguments, *settings, snapshot ? snapshot->get() : nullptr, &mtas, &report);
  if (arguments.Has("suggest") && !how.json) {
    PrintRemedies(report, terminal);
    return HasFailed(report) ? kExitFound : kExitClean;
  }
  PrintReport(report, how, terminal);
  if (how.quiet || how.json || own) return HasFailed(report) ? kExitFound : kExitClean;
  if (AnyRemedy(report)) {
    terminal.out << "\nwarifu check --suggest prints what mends this, and changes nothing.\n";
  }
  PrintPluggingIn(*settings, mtas, terminal);
  return HasFailed(report) ? kExitFound : kExitClean;
}

}  // namespace warifu::cli
