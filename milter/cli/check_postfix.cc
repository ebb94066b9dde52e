#include "cli/check_postfix.h"

#include <algorithm>
#include <set>

#include "base/network.h"
#include "cli/postfix_case.h"

namespace warifu::cli {
namespace {

using enum CheckLevel;

Remedy Advice(std::string text) {
  return {Remedy::Kind::kAdvice, std::move(text)};
}

Remedy Conf(std::string text) {
  return {Remedy::Kind::kWarifuConf, std::move(text)};
}

std::vector<const Use*> Where(const PostfixCase& about, bool (*holds)(const Use&)) {
  std::vector<const Use*> out;
  for (const Use& use : about.smtpds()) {
    if (holds(use)) out.push_back(&use);
  }
  return out;
}

// Services that show warifu no mail. What only hands mail back that warifu has seen is let off.
void CheckCoverage(PostfixCase& about) {
  const auto open = [](const Use& use) { return use.leads == Leads::kAway || use.off; };
  const bool first_pass =
      std::ranges::none_of(about.smtpds(), [&](const Use& use) { return !use.again && open(use); });
  std::vector<const Use*> bare, off;
  for (const Use& use : about.smtpds()) {
    if (!open(use) || (use.again && first_pass)) continue;
    (use.leads == Leads::kAway ? bare : off).push_back(&use);
  }
  if (!bare.empty()) {
    CheckLine line{kUncovered,
                   "postfix",
                   "smtpd_milters does not name warifu's socket" + At(about, bare),
                   about.InOf(*bare.front(), "smtpd_milters"),
                   "service",
                   "mail that comes in there passes unseen"};
    for (const Use* use : bare) {
      AddOnce(about.SetWhereItIs(*use, "smtpd_milters", WriteMilters(about.WithOurs(*use))),
              &line.remedies);
    }
    about.Add(std::move(line));
  }
  if (off.empty()) return;
  CheckLine line{kUncovered,
                 "postfix",
                 "receive_override_options = no_milters" + At(about, off) +
                     " switches off the filters that smtpd_milters names",
                 about.InOf(*off.front(), "receive_override_options"),
                 "no-milters",
                 "mail that comes in there passes unseen"};
  for (const Use* use : off) {
    std::string rest;
    for (const std::string& word : ListOf(about.Value(*use, "receive_override_options"))) {
      if (word != "no_milters") rest += (rest.empty() ? "" : ",") + word;
    }
    AddOnce(about.SetWhereItIs(*use, "receive_override_options", rest), &line.remedies);
  }
  about.Add(std::move(line));
}

// Mail of sendmail(1), and what Postfix takes from its pickup folder.
void CheckLocal(PostfixCase& about) {
  const Use& local = about.local();
  if (local.Covered() || local.leads == Leads::kAstray) {
    const app::Listener& listener = local.listener;
    if (!listener.require_account || !local.enforcing) return;
    about.Add({kHurts,
               "postfix",
               "non_smtpd_milters names warifu, whose listener '" + listener.name +
                   "' for it requires an account",
               about.InOf(local, "milter_macro_daemon_name"),
               "local-account",
               "local mail has no login: all of it is returned to its sender",
               {Conf("# a listener for services that no other names:\n"
                     "# { name = \"mx\"; daemon_name = \"\"; require_account = false; }")}});
    return;
  }
  if (local.off) {
    about.Add({kUncovered,
               "postfix",
               "receive_override_options = no_milters at pickup switches off non_smtpd_milters",
               about.In("master.cf"),
               "local-no-milters",
               "mail that programs of this machine send passes unseen",
               {Advice("take no_milters out of pickup's receive_override_options")}});
    return;
  }
  about.Add(
      {kUncovered,
       "postfix",
       "non_smtpd_milters does not name warifu's socket",
       about.InOf(local, "non_smtpd_milters"),
       "local",
       "mail that programs of this machine send by sendmail(1) passes unseen",
       {about.SetWhereItIs(local, "non_smtpd_milters", WriteMilters(about.WithOurs(local)))}});
}

// Where warifu enforces, mail waits while it does not answer; where it only observes, mail passes.
void CheckDefaultAction(PostfixCase& about) {
  std::vector<const Use*> open, shut;
  const auto look = [&](const Use& use) {
    if (!use.Here()) return;
    const bool accept = use.default_action == "accept";
    if (use.enforcing && accept) open.push_back(&use);
    if (!about.enforcing() && !accept) shut.push_back(&use);
  };
  for (const Use& use : about.smtpds()) look(use);
  if (about.local().service != nullptr) look(about.local());
  const auto remedy = [&](const std::vector<const Use*>& uses, const char* value, CheckLine line) {
    for (const Use* use : uses) {
      AddOnce(about.SetOwn(*use, "default_action", "milter_default_action", value), &line.remedies);
    }
    about.Add(std::move(line));
  };
  if (!open.empty()) {
    remedy(open, "tempfail",
           {kFailsOpen, "postfix", "milter_default_action = accept" + At(about, open),
            about.InOf(*open.front(), "milter_default_action"), "default-action",
            "mail passes unseen whenever warifu does not answer, and a mail whose body is just "
            "being replaced may go out as it was"});
  }
  if (!shut.empty()) {
    remedy(shut, "accept",
           {kHurts, "postfix",
            "milter_default_action = " + shut.front()->default_action + At(about, shut) +
                " while warifu only observes",
            about.InOf(*shut.front(), "milter_default_action"), "default-action-observing",
            "mail is turned away whenever warifu does not answer, though it would let all of it "
            "pass"});
  }
}

// OpenDKIM, dkimpy and rspamd, by the names and ports that they usually have.
bool IsSigner(std::string_view address) {
  for (const char* sign : {"dkim", "rspamd"}) {
    if (address.find(sign) != std::string_view::npos) return true;
  }
  const std::string port = TcpPlaceOf(address).port;
  return address.starts_with("inet") && (port == "8891" || port == "11332");
}

void CheckOrder(PostfixCase& about) {
  std::vector<const Use*> wrong;
  std::vector<Remedy> remedies;
  std::string signer;
  const auto look = [&](const Use& use) {
    if (!use.Here()) return;
    std::vector<Milter> list = use.milters;
    const auto ours = list.begin() + static_cast<std::ptrdiff_t>(use.at);
    const auto before = std::find_if(list.begin(), ours,
                                     [](const Milter& milter) { return IsSigner(milter.address); });
    if (before == ours) return;
    signer = before->address;
    std::rotate(before, ours, ours + 1);
    AddOnce(about.SetWhereItIs(use, use.parameter, WriteMilters(list)), &remedies);
    wrong.push_back(&use);
  };
  for (const Use& use : about.smtpds()) look(use);
  if (about.local().service != nullptr) look(about.local());
  if (wrong.empty()) return;
  about.Add({about.facts().cuts_mail ? kHurts : kNote, "postfix",
             signer + " comes before warifu in " + std::string(wrong.front()->parameter) +
                 At(about, wrong),
             about.InOf(*wrong.front(), wrong.front()->parameter), "order",
             "what warifu cuts out of a mail after it was signed (DKIM) breaks the signature",
             std::move(remedies)});
}

// A filter between two services of Postfix: warifu at both sees each mail twice, and at the first
// of a proxy filter's it sees no content.
void CheckFilters(PostfixCase& about) {
  const auto again = Where(about, [](const Use& use) { return use.again && use.Here(); });
  std::vector<const Use*> before, proxied;
  for (const Use& use : about.smtpds()) {
    if (use.again || !use.Here()) continue;
    if (!about.Value(use, "content_filter").empty()) before.push_back(&use);
    if (!about.Value(use, "smtpd_proxy_filter").empty()) proxied.push_back(&use);
  }
  if (!before.empty() && !again.empty()) {
    CheckLine line{kHurts,
                   "postfix",
                   "warifu is asked before the content_filter (" + Names(before) +
                       ") and again behind it (" + Names(again) + ")",
                   about.In("master.cf"),
                   "twice",
                   "each mail is scanned and counted twice, the second time without its login"};
    for (const Use* use : again) {
      const std::string options = about.Value(*use, "receive_override_options");
      AddOnce(about.Set(*use->service, "receive_override_options",
                        options + (options.empty() ? "" : ",") + "no_milters"),
              &line.remedies);
    }
    about.Add(std::move(line));
  }
  if (!proxied.empty() && again.empty()) {
    about.Add(
        {kUncovered,
         "postfix",
         "smtpd_proxy_filter at " + Names(proxied),
         about.InOf(*proxied.front(), "smtpd_proxy_filter"),
         "proxy-filter",
         "Postfix shows a milter no content there: nothing is scanned",
         {Advice("name warifu in smtpd_milters of the service to which the proxy filter hands "
                 "the mail back")}});
  }
}

void CheckMaps(PostfixCase& about) {
  const auto mapped = Where(about, [](const Use& use) { return use.Here(); });
  std::string maps;
  for (const Use* use : mapped) maps = about.Value(*use, "smtpd_milter_maps");
  if (maps.empty()) return;
  about.Add({kNote, "postfix", "smtpd_milter_maps = " + maps + " gives some clients other filters",
             about.In("main.cf"), "milter-maps",
             "mail of the clients that it names passes unseen unless it names warifu"});
}

bool IsForUsers(const app::Listener& listener) {
  return listener.submission || listener.require_account;
}

bool IsSubmission(const PostfixService& service) {
  const std::string port = service.name.substr(service.name.rfind(':') + 1);
  for (const char* name : {"submission", "submissions", "smtps", "587", "465"}) {
    if (port == name) return true;
  }
  return false;
}

// Listeners of warifu.conf that no service answers to, and users' services without a login.
void CheckListeners(PostfixCase& about) {
  for (const app::Listener& listener : about.settings().listeners) {
    if (listener.daemon_name.empty()) continue;
    const bool met = std::ranges::any_of(about.smtpds(), [&](const Use& use) {
      return about.Value(use, "milter_macro_daemon_name") == listener.daemon_name;
    });
    if (met || about.smtpds().empty()) continue;
    CheckLine line{kUncovered,
                   "postfix",
                   "no service has milter_macro_daemon_name = " + listener.daemon_name +
                       ", by which listener '" + listener.name + "' is told",
                   about.In("master.cf"),
                   "daemon-name",
                   "what warifu.conf says of that listener is applied to no mail"};
    for (const Use& use : about.smtpds()) {
      const bool named = use.service->name == listener.daemon_name;
      if (named || (IsForUsers(listener) && IsSubmission(*use.service))) {
        line.remedies.push_back(
            about.Set(*use.service, "milter_macro_daemon_name", listener.daemon_name));
      }
    }
    if (line.remedies.empty()) {
      line.remedies.push_back(
          Advice("give the service for it, in master.cf: -o "
                 "milter_macro_daemon_name=" +
                 listener.daemon_name));
    }
    about.Add(std::move(line));
  }
}

void CheckLogins(PostfixCase& about) {
  const auto& identity = about.settings().identity;
  const bool otherwise = !identity.certificate_table.empty() || !identity.lease.table.empty() ||
                         !identity.lease.sql.url.empty();
  const bool bound = !about.settings().directory.none();
  for (const Use& use : about.smtpds()) {
    const bool users = IsForUsers(use.listener) || (bound && IsSubmission(*use.service));
    if (!users || !use.Here() || otherwise) continue;
    if (about.Value(use, "smtpd_sasl_auth_enable") == "yes") continue;
    const bool refused = use.listener.require_account && use.enforcing;
    about.Add({refused ? kHurts : kUncovered,
               "postfix",
               "users cannot log in at " + use.service->Id() + ": smtpd_sasl_auth_enable is not on",
               about.InOf(use, "smtpd_sasl_auth_enable"),
               "sasl",
               refused ? "warifu refuses all mail there, since it has no account"
                       : "without an account nobody can tell whether the sender's address is his",
               {about.Set(*use.service, "smtpd_sasl_auth_enable", "yes")}});
  }
}

bool Covers(const std::vector<Network>& networks, const Network& one) {
  return std::ranges::any_of(networks, [&](const Network& network) {
    return network.length <= one.length && Masked(one.bits, network.length) == network.bits;
  });
}

// Clients that Postfix relays for, and that warifu takes for strangers, whose mail is inbound.
void CheckNetworks(PostfixCase& about) {
  const app::Settings& settings = about.settings();
  if (settings.scan_directions.contains(incident::Direction::kInbound)) return;
  const bool permitted = std::ranges::any_of(about.smtpds(), [&](const Use& use) {
    for (const char* list : {"smtpd_relay_restrictions", "smtpd_recipient_restrictions",
                             "smtpd_client_restrictions"}) {
      if (about.Value(use, list).find("permit_mynetworks") != std::string::npos) return true;
    }
    return false;
  });
  if (!permitted) return;
  std::string missing;
  std::string all;
  for (const Network& network : settings.trusted_networks) all += "\"" + network.text + "\", ";
  for (std::string word : ListOf(about.Value("mynetworks"))) {
    std::erase_if(word, [](char c) { return c == '[' || c == ']'; });
    const auto network = ParseNetwork(word);
    if (!network || Covers(settings.trusted_networks, *network)) continue;
    const auto& own = about.facts().own_addresses;
    if (std::ranges::any_of(own, [&](const std::string& address) {
          return network->length == 128 && network->Contains(address);
        })) {
      continue;
    }
    missing += (missing.empty() ? "" : ", ") + network->text;
    all += "\"" + network->text + "\", ";
  }
  if (missing.empty()) return;
  all.resize(all.size() - 2);
  about.Add({kUncovered,
             "postfix",
             "mynetworks lets " + missing +
                 " send without a login, and trusted_networks of "
                 "warifu.conf does not name it",
             about.In("main.cf"),
             "networks",
             "that mail counts as inbound, and no rule looks at it",
             {Conf("trusted_networks = [ " + all + " ];")}});
}

constexpr void (*kChecks[])(PostfixCase&) = {
    CheckCoverage,      CheckLocal,    CheckPaths,         CheckRights,  CheckAnswer,
    CheckDefaultAction, CheckMaps,     CheckFilters,       CheckOrder,   CheckTimes,
    CheckSizes,         CheckProtocol, CheckMacroDefaults, CheckVersion, CheckListeners,
    CheckLogins,        CheckNetworks, CheckSocketmap,     CheckTcp,     CheckSpelling,
};

}  // namespace

CheckReport CheckPostfix(const app::Settings& settings, const Postfix& postfix,
                         const MtaFacts& facts) {
  PostfixCase about(settings, postfix, facts);
  for (const auto check : kChecks) check(about);
  return about.Take();
}

bool IsPluggedIn(const app::Settings& settings, const Postfix& postfix) {
  const MtaFacts facts;
  const PostfixCase about(settings, postfix, facts);
  return about.local().leads != Leads::kAway ||
         std::ranges::any_of(about.smtpds(),
                             [](const Use& use) { return use.leads != Leads::kAway; });
}

}  // namespace warifu::cli
