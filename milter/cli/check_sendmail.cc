#include "cli/check_sendmail.h"

#include <sys/stat.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>

#include "cli/check_mta.h"
#include "cli/file_rights.h"
#include "cli/milter_list.h"
#include "cli/program.h"

namespace warifu::cli {
namespace {

using enum CheckLevel;

Remedy Line(std::string text) {
  return {Remedy::Kind::kSendmailMc, std::move(text)};
}

Remedy Advice(std::string text) {
  return {Remedy::Kind::kAdvice, std::move(text)};
}

std::string Joined(const std::vector<std::string>& words, const char* between) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

class Doctor {
 public:
  Doctor(const app::Settings& settings, const SendmailConfig& sendmail, const MtaFacts& facts)
      : settings_(settings), sendmail_(sendmail), facts_(facts) {}

  CheckReport Run() {
    enforcing_ = settings_.policy.mode == Mode::kEnforce;
    if (!FindOurs()) return std::move(report_);
    open_ = ours_->flags.find_first_of("RT4") == std::string::npos;
    Flags();
    Ports();
    Order();
    Times();
    Size();
    Listeners();
    Macros();
    Path();
    if (facts_.silent) {
      Add(open_ ? kUncovered : kHurts, "no-answer",
          "X" + ours_->name + " names " + ours_->socket + ", where nobody answers",
          open_ ? "all mail passes unseen now" : "no mail passes now",
          {{Remedy::Kind::kCommand, "systemctl start warifu-milter"}});
    }
    return std::move(report_);
  }

 private:
  void Add(CheckLevel level, const char* id, std::string text, std::string follows,
           std::vector<Remedy> remedies) {
    report_.push_back({level,
                       "sendmail",
                       std::move(text),
                       {sendmail_.path},
                       id,
                       std::move(follows),
                       std::move(remedies)});
  }

  Remedy Definition() const {
    return Line("INPUT_MAIL_FILTER(`warifu', `" + SendmailEquates(settings_) + "')dnl");
  }

  // The filter's line with one equate changed; the others stay.
  Remedy Changed(const SendmailFilter& wanted) const {
    std::string times;
    for (const char key : {'C', 'S', 'R', 'E'}) {
      const auto it = wanted.times.find(key);
      times += (times.empty() ? "" : ";") + std::string(1, key) + ":" +
               std::to_string(it == wanted.times.end() ? 10 : it->second) + "s";
    }
    return Line("INPUT_MAIL_FILTER(`" + wanted.name + "', `S=" + wanted.socket +
                (wanted.flags.empty() ? "" : ", F=" + wanted.flags) + ", T=" + times + "')dnl");
  }

  bool FindOurs() {
    const SendmailFilter* astray = nullptr;
    for (const SendmailFilter& filter : sendmail_.filters) {
      const Leads leads = WhereSendmailLeads(filter.socket, settings_.socket.address);
      if (leads == Leads::kHere) ours_ = &filter;
      if (leads == Leads::kAstray) astray = &filter;
      twin_ = twin_ || leads == Leads::kTwin;
    }
    if (ours_ != nullptr) return true;
    if (astray != nullptr) {
      const bool open = astray->flags.find_first_of("RT4") == std::string::npos;
      SendmailFilter right = *astray;
      right.socket = SendmailSocket(settings_.socket.address);
      Add(open ? kFailsOpen : kHurts, "path",
          "X" + astray->name + " names " + astray->socket + ", not " + right.socket,
          open ? "warifu is not reached: all mail passes unseen"
               : "warifu is not reached: no mail passes",
          {Changed(right)});
    } else if (!twin_) {
      Add(kUncovered, "filter", "no filter (X line) has warifu's socket", "all mail passes unseen",
          {Definition()});
    }
    return false;
  }

  void Flags() {
    SendmailFilter right = *ours_;
    if (enforcing_ && open_) {
      right.flags = "T";
      Add(kFailsOpen, "flag",
          "X" + ours_->name + " has no F=", "mail passes unseen whenever warifu does not answer",
          {Changed(right)});
    } else if (!enforcing_ && !open_) {
      right.flags = "";
      Add(kHurts, "flag-observing",
          "X" + ours_->name + " has F=" + ours_->flags + " while warifu only observes",
          "mail is turned away whenever warifu does not answer, though it would let all of it pass",
          {Changed(right)});
    }
  }

  bool Asks(const std::vector<std::string>& filters) const {
    return std::ranges::find(filters, ours_->name) != filters.end();
  }

  static std::string NameOf(const SendmailPort& port) {
    return port.name + " (" + (port.address.empty() ? "" : port.address + " ") + "port " +
           port.port + ")";
  }

  void Ports() {
    const bool all = Asks(sendmail_.input_filters);
    std::string bare;
    std::vector<Remedy> remedies;
    bool by_default = false;
    for (const SendmailPort& port : sendmail_.ports) {
      if (port.own_filters ? Asks(port.filters) : all) continue;
      bare += (bare.empty() ? "" : ", ") + NameOf(port);
      if (!port.own_filters) {
        by_default = true;
        continue;
      }
      std::vector<std::string> filters = port.filters;
      filters.insert(filters.begin(), ours_->name);
      remedies.push_back(Advice("in DAEMON_OPTIONS of " + port.name +
                                ": InputMailFilters=" + Joined(filters, ";")));
    }
    if (bare.empty()) return;
    if (by_default) {
      std::vector<std::string> filters = sendmail_.input_filters;
      filters.insert(filters.begin(), ours_->name);
      remedies.insert(remedies.begin(),
                      Line("define(`confINPUT_MAIL_FILTERS', `" + Joined(filters, ",") + "')dnl"));
    }
    Add(kUncovered, "port", "InputMailFilters does not name " + ours_->name + " at " + bare,
        "mail that comes in there passes unseen", std::move(remedies));
  }

  void Order() {
    const auto look = [&](const std::vector<std::string>& filters, const std::string& where) {
      std::vector<std::string> right = filters;
      const auto ours = std::ranges::find(right, ours_->name);
      const auto signer = std::find_if(right.begin(), ours, [&](const std::string& name) {
        if (name.find("dkim") != std::string::npos) return true;
        return std::ranges::any_of(sendmail_.filters, [&](const SendmailFilter& filter) {
          return filter.name == name && (filter.socket.find("dkim") != std::string::npos ||
                                         filter.socket.find("rspamd") != std::string::npos);
        });
      });
      if (ours == right.end() || signer == ours) return;
      const std::string name = *signer;
      std::rotate(signer, ours, ours + 1);
      Add(facts_.cuts_mail ? kHurts : kNote, "order",
          name + " comes before " + ours_->name + " in InputMailFilters" + where,
          "what warifu cuts out of a mail after it was signed (DKIM) breaks the signature",
          {where.empty() ? Line("define(`confINPUT_MAIL_FILTERS', `" + Joined(right, ",") + "')dnl")
                         : Advice("name them in this order: " + Joined(right, ";"))});
    };
    look(sendmail_.input_filters, "");
    for (const SendmailPort& port : sendmail_.ports) {
      if (port.own_filters) look(port.filters, " of " + port.name);
    }
  }

  // E counts from the end of the mail to the verdict, whatever the filter says meanwhile; R each
  // answer, and between two signs of life of a scan lie some 6 seconds.
  void Times() {
    using std::chrono::milliseconds;
    milliseconds lookups{1000};
    if (!settings_.directory.none()) lookups += settings_.directory.server.timeout;
    if (!settings_.store.url.empty()) lookups += settings_.store.timeout;
    const long scan = (settings_.scan_budget.count() + 999) / 1000;
    const long answer = std::max(7L, static_cast<long>((lookups.count() + 999) / 1000));
    const struct {
      char key;
      long least;
      const char* why;
    } kTimes[] = {{'E', scan, "scan.budget gives one mail"}, {'R', answer, "one answer may take"}};
    for (const auto& [key, least, why] : kTimes) {
      const long now = ours_->times.at(key);
      if (now > least || now == 0) continue;
      SendmailFilter right = *ours_;
      right.times[key] = std::max(least * 2, 30L);
      Add(open_ && enforcing_ ? kFailsOpen : kHurts, "time",
          "T= of X" + ours_->name + " has " + std::string(1, key) + ":" + std::to_string(now) +
              "s, not above the " + std::to_string(least) + " s that " + why,
          open_ ? "mail that takes warifu longer passes unseen"
                : "mail that takes warifu longer is turned away",
          {Changed(right)});
    }
  }

  std::string Option(const char* name) const {
    const auto it = sendmail_.options.find(name);
    return it == sendmail_.options.end() ? "" : it->second;
  }

  void Size() {
    const std::string text = Option("maxmessagesize");
    std::uint64_t limit = 0;
    std::from_chars(text.data(), text.data() + text.size(), limit);
    const std::uint64_t ours = settings_.limits.message_bytes;
    if (limit != 0 && limit <= ours) return;
    Add(kUncovered, "size",
        limit == 0 ? "MaxMessageSize sets no limit"
                   : "MaxMessageSize=" + text + " is above limits.message",
        "larger mail is not scanned whole",
        {Line("define(`confMAX_MESSAGE_SIZE', `" + std::to_string(ours) + "')dnl")});
  }

  void Listeners() {
    for (const app::Listener& listener : settings_.listeners) {
      if (listener.daemon_name.empty()) continue;
      const auto port =
          std::ranges::find(sendmail_.ports, listener.daemon_name, &SendmailPort::name);
      const bool users = listener.submission || listener.require_account;
      if (port == sendmail_.ports.end()) {
        Add(kUncovered, "daemon-name",
            "no DaemonPortOptions has Name=" + listener.daemon_name + ", by which listener '" +
                listener.name + "' is told",
            "what warifu.conf says of that listener is applied to no mail",
            {Advice("name the port so: DAEMON_OPTIONS(`Port=…, Name=" + listener.daemon_name +
                    "')dnl, or the listener by the port's name")});
      } else if (users && port->modifiers.find('A') != std::string::npos) {
        const bool refused = listener.require_account && enforcing_;
        Add(refused ? kHurts : kUncovered, "sasl",
            "users cannot log in at " + NameOf(*port) + ": M=" + port->modifiers +
                " shuts AUTH off",
            refused ? "warifu refuses all mail there, since it has no account"
                    : "without an account nobody can tell whether the sender's address is his",
            {Advice("take the A out of its M=; a small a asks for a login")});
      }
    }
  }

  // Since 8.14 a filter chooses its macros itself.
  void Macros() {
    const auto version = VersionOf(sendmail_.version);
    if (version.size() < 2 || version[0] > 8 || (version[0] == 8 && version[1] >= 14)) return;
    const std::string list = Option("milter.macros.envfrom");
    if (list.find("{auth_authen}") != std::string::npos) return;
    Add(kUncovered, "macros", "Milter.macros.envfrom lacks {auth_authen}",
        "warifu sees no login: no sender is compared with its account",
        {Line("define(`confMILTER_MACROS_ENVFROM', `" + list + (list.empty() ? "" : ", ") +
              "{auth_authen}, {auth_type}, {daemon_name}')dnl")});
  }

  // Sendmail does not start with a socket below a folder that others may write to.
  void Path() {
    const std::string& address = settings_.socket.address;
    if (!address.starts_with("unix:")) return;
    namespace fs = std::filesystem;
    for (fs::path at = fs::path(address.substr(5)).parent_path(); at.has_relative_path();
         at = at.parent_path()) {
      struct stat status{};
      if (::stat(at.c_str(), &status) != 0) continue;
      const bool sticky = (status.st_mode & S_ISVTX) != 0;
      if ((status.st_mode & (S_IWGRP | S_IWOTH)) == 0 || sticky) continue;
      Add(kHurts, "unsafe", at.string() + " may be written by its group or by everybody",
          "Sendmail takes the socket below it for unsafe, and does not start",
          {{Remedy::Kind::kCommand, "chmod go-w " + ShellWord(at.string())}});
    }
  }

  const app::Settings& settings_;
  const SendmailConfig& sendmail_;
  const MtaFacts& facts_;
  const SendmailFilter* ours_ = nullptr;
  bool twin_ = false;
  bool open_ = false;
  bool enforcing_ = false;
  CheckReport report_;
};

}  // namespace

CheckReport CheckSendmail(const app::Settings& settings, const SendmailConfig& sendmail,
                          const MtaFacts& facts) {
  return Doctor(settings, sendmail, facts).Run();
}

}  // namespace warifu::cli
