#include "cli/postfix_case.h"

#include <algorithm>

namespace warifu::cli {
namespace {

// The same list without blanks, which `postconf -P` does not take.
std::string WithoutBlanks(std::string_view list) {
  std::string out;
  for (const char c : list) {
    const bool blank = c == ' ' || c == '\t';
    const char last = out.empty() ? ',' : out.back();
    if ((blank || c == ',') && (last == ',' || last == '{')) continue;
    if (c == '}' && last == ',') out.pop_back();
    out += blank ? ',' : c;
  }
  while (out.ends_with(',')) out.pop_back();
  return out;
}

bool Holds(std::string_view list, std::string_view word) {
  const auto words = ListOf(list);
  return std::ranges::find(words, word) != words.end();
}

}  // namespace

PostfixCase::PostfixCase(const app::Settings& settings, const Postfix& postfix,
                         const MtaFacts& facts)
    : settings_(settings),
      postfix_(postfix),
      facts_(facts),
      queue_(ValueOf(postfix, "queue_directory")) {
  FindSmtpds();
  FindLocal();
}

bool PostfixCase::enforcing() const {
  if (settings_.policy.mode != Mode::kEnforce) return false;
  return settings_.listeners.empty() ||
         std::ranges::any_of(settings_.listeners, [](const app::Listener& listener) {
           return listener.mode == Mode::kEnforce;
         });
}

std::string PostfixCase::Value(const Use& use, std::string_view name) const {
  return use.service != nullptr ? ValueOf(postfix_, *use.service, name) : ValueOf(postfix_, name);
}

std::string PostfixCase::OwnValue(const Use& use, std::string_view own,
                                  std::string_view name) const {
  if (use.leads != Leads::kAway) {
    const auto& settings = use.milters[use.at].settings;
    if (const auto it = settings.find(own); it != settings.end()) return it->second;
  }
  return Value(use, name);
}

Place PostfixCase::In(std::string_view file) const {
  const std::string folder =
      postfix_.directory.empty() ? Value("config_directory") : postfix_.directory;
  return {folder.empty() ? std::string(file) : folder + "/" + std::string(file)};
}

Place PostfixCase::InOf(const Use& use, std::string_view name) const {
  const bool own = use.service != nullptr && IsOverridden(postfix_, *use.service, name);
  return In(own ? "master.cf" : "main.cf");
}

void PostfixCase::Complete(Use* use) const {
  use->milters = ReadMilters(Value(*use, use->parameter));
  const bool chroot = use->service != nullptr && use->service->chroot;
  for (std::size_t i = 0; i < use->milters.size(); ++i) {
    const Leads leads =
        WhereLeads(use->milters[i].address, settings_.socket.address, queue_, chroot);
    if (leads == Leads::kAway || use->leads == Leads::kHere) continue;
    use->leads = leads;
    use->at = i;
  }
  use->listener = app::ListenerFor(settings_, Value(*use, "milter_macro_daemon_name"));
  use->enforcing = settings_.policy.mode == Mode::kEnforce && use->listener.mode == Mode::kEnforce;
  use->default_action = OwnValue(*use, "default_action", "milter_default_action");
}

// Nothing but a filter of the operator's, which took the mail from another service, has reason to
// come to a service of loopback that is told to leave off what has been done before.
bool PostfixCase::IsAgain(const PostfixService& service, bool any_filter) const {
  const bool inside = service.name.find(':') != std::string::npos &&
                      IsLoopback(TcpPlaceOf("inet:" + service.name).host);
  if (!inside) return false;
  const bool less = IsOverridden(postfix_, service, "receive_override_options") &&
                    !ValueOf(postfix_, service, "receive_override_options").empty();
  const bool filtered = any_filter && IsOverridden(postfix_, service, "content_filter") &&
                        ValueOf(postfix_, service, "content_filter").empty();
  return less || filtered || IsOverridden(postfix_, service, "smtpd_authorized_xforward_hosts");
}

void PostfixCase::FindSmtpds() {
  const auto filters = [&](const PostfixService& service) {
    return !ValueOf(postfix_, service, "content_filter").empty() ||
           !ValueOf(postfix_, service, "smtpd_proxy_filter").empty();
  };
  const bool any_filter = std::ranges::any_of(postfix_.services, filters);
  for (const PostfixService& service : postfix_.services) {
    if (service.command != "smtpd" || service.type == "unix") continue;
    Use use;
    use.service = &service;
    use.parameter = "smtpd_milters";
    use.again = IsAgain(service, any_filter);
    Complete(&use);
    use.off = Holds(Value(use, "receive_override_options"), "no_milters");
    smtpds_.push_back(std::move(use));
  }
}

void PostfixCase::FindLocal() {
  local_.parameter = "non_smtpd_milters";
  bool off = false;
  for (const PostfixService& service : postfix_.services) {
    if (service.command == "cleanup" && local_.service == nullptr) local_.service = &service;
    off = off || (service.command == "pickup" &&
                  Holds(ValueOf(postfix_, service, "receive_override_options"), "no_milters"));
  }
  Complete(&local_);
  local_.off = off;
}

std::vector<Milter> PostfixCase::WithOurs(const Use& use) const {
  std::vector<Milter> list = use.milters;
  const std::string address = PostfixSocket(settings_.socket.address, queue_);
  if (use.leads == Leads::kAway) {
    list.insert(list.begin(), Milter{address, {}});
  } else if (use.leads == Leads::kAstray) {
    list[use.at].address = address;
  }
  return list;
}

std::string PostfixCase::Command(std::string_view option, std::string_view assignment) const {
  const std::string folder =
      postfix_.directory.empty() ? "" : "-c " + ShellWord(postfix_.directory) + " ";
  return "postconf " + folder + std::string(option) + " " + ShellWord(assignment);
}

Remedy PostfixCase::Set(std::string_view name, std::string_view value) const {
  return {Remedy::Kind::kCommand, Command("-e", std::string(name) + " = " + std::string(value))};
}

Remedy PostfixCase::Set(const PostfixService& service, std::string_view name,
                        std::string_view value) const {
  return {Remedy::Kind::kCommand,
          Command("-P", service.Id() + "/" + std::string(name) + "=" + WithoutBlanks(value))};
}

Remedy PostfixCase::SetWhereItIs(const Use& use, std::string_view name,
                                 std::string_view value) const {
  const bool own = use.service != nullptr && IsOverridden(postfix_, *use.service, name);
  return own ? Set(*use.service, name, value) : Set(name, value);
}

Remedy PostfixCase::SetOwn(const Use& use, std::string_view own, std::string_view name,
                           std::string_view value) const {
  const bool braced = use.leads != Leads::kAway && use.milters[use.at].settings.contains(own);
  if (!braced) return SetWhereItIs(use, name, value);
  std::vector<Milter> list = use.milters;
  list[use.at].settings[std::string(own)] = value;
  return SetWhereItIs(use, use.parameter, WriteMilters(list));
}

std::string Names(std::span<const Use* const> uses) {
  std::string out;
  for (const Use* use : uses) {
    out +=
        (out.empty() ? "" : ", ") + (use->service != nullptr ? use->service->Id() : "local mail");
  }
  return out;
}

std::string At(const PostfixCase& about, std::span<const Use* const> uses) {
  return uses.size() >= about.smtpds().size() ? "" : " at " + Names(uses);
}

void AddOnce(Remedy remedy, std::vector<Remedy>* remedies) {
  if (std::ranges::find(*remedies, remedy) == remedies->end()) {
    remedies->push_back(std::move(remedy));
  }
}

}  // namespace warifu::cli
