// Checks of Postfix: whether its processes reach warifu's sockets.
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "cli/file_rights.h"
#include "cli/postfix_case.h"

namespace warifu::cli {
namespace {

using enum CheckLevel;

bool IsBelow(const std::string& path, const std::string& folder) {
  return !folder.empty() && path.starts_with(folder + "/");
}

std::string UnixPath(const std::string& address) {
  return address.starts_with("unix:") ? address.substr(5) : "";
}

std::string DaemonUser(const app::Settings& settings) {
  return settings.user.empty() ? UserOfProcess().name : settings.user;
}

std::string GroupOfMta(const PostfixCase& about) {
  const auto user = UserNamed(about.Value("mail_owner"));
  return user ? NameOfGroup(user->group) : "postfix";
}

// A folder below Postfix's queue, for sockets that a chrooted process can see.
void MoveBelowQueue(const PostfixCase& about, const char* setting, const std::string& name,
                    std::vector<Remedy>* remedies) {
  const std::string folder = about.queue() + "/warifu";
  AddOnce({Remedy::Kind::kCommand, "install -d -o " + DaemonUser(about.settings()) + " -g " +
                                       GroupOfMta(about) + " -m 2710 " + ShellWord(folder)},
          remedies);
  AddOnce({Remedy::Kind::kWarifuConf,
           std::string(setting) + " = { address = \"unix:" + folder + "/" + name + "\"; };"},
          remedies);
}

}  // namespace

// A socket that is meant to be warifu's, and leads a service elsewhere: out of its chroot, or to a
// name that nobody listens at.
void CheckPaths(PostfixCase& about) {
  std::vector<const Use*> astray;
  for (const Use& use : about.smtpds()) {
    if (use.leads == Leads::kAstray && !use.off) astray.push_back(&use);
  }
  const Use& local = about.local();
  if (local.leads == Leads::kAstray && !local.off) astray.push_back(&local);
  const std::string ours = UnixPath(about.settings().socket.address);
  for (const Use* use : astray) {
    const std::string& address = use->milters[use->at].address;
    const bool chroot = use->service != nullptr && use->service->chroot;
    const std::string path = PathOf(address, about.queue(), chroot);
    const bool barred = chroot && !ours.empty() && !IsBelow(ours, about.queue());
    CheckLine line{use->WhileDown(),
                   "postfix",
                   (use->service != nullptr ? use->service->Id() : "local mail") +
                       (chroot ? " runs in the chroot " + about.queue() + ", where " : ": ") +
                       address + (path.empty() ? "" : " is " + path) + ", not " +
                       about.settings().socket.address,
                   about.InOf(*use, use->parameter),
                   "path",
                   use->default_action == "accept" ? "warifu is not reached: all mail passes unseen"
                                                   : "warifu is not reached: no mail passes"};
    std::vector<Milter> list = about.WithOurs(*use);
    if (barred) {
      MoveBelowQueue(about, "socket", "warifu.sock", &line.remedies);
      list[use->at].address = "unix:warifu/warifu.sock";
      line.remedies.push_back({Remedy::Kind::kAdvice, "then restart warifu-milter"});
    }
    AddOnce(about.SetWhereItIs(*use, use->parameter, WriteMilters(list)), &line.remedies);
    about.Add(std::move(line));
  }
}

// smtpd and cleanup run as mail_owner, with no group but that user's own.
void CheckRights(PostfixCase& about) {
  const std::string path = UnixPath(about.settings().socket.address);
  const bool used = about.local().Here() || std::ranges::any_of(about.smtpds(), &Use::Here);
  std::optional<User> user = UserNamed(about.Value("mail_owner"));
  if (path.empty() || !used || !user) return;
  user->groups = {user->group};
  const std::string group = NameOfGroup(user->group);
  const std::string who = "Postfix's user '" + user->name + "'";
  const bool open = about.local().default_action == "accept";
  const auto add = [&](std::string text, std::vector<Remedy> remedies) {
    about.Add({open ? kFailsOpen : kHurts,
               "postfix",
               std::move(text),
               {path},
               "rights",
               open ? "warifu is not reached: all mail passes unseen"
                    : "warifu is not reached: no mail passes",
               std::move(remedies)});
  };
  const Remedy lasting{Remedy::Kind::kWarifuConf, "socket = { group = \"" + group + "\"; };"};
  if (const std::string folder = BarredFolder(*user, path); !folder.empty()) {
    add(who + " may not pass through " + folder,
        {{Remedy::Kind::kCommand, "chgrp " + group + " " + ShellWord(folder)},
         {Remedy::Kind::kCommand, "chmod g+x " + ShellWord(folder)}});
    return;
  }
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || May(*user, status, 2)) return;
  std::vector<Remedy> remedies = {
      {Remedy::Kind::kCommand, "chgrp " + group + " " + ShellWord(path)},
      {Remedy::Kind::kCommand, "chmod g+rw " + ShellWord(path)}};
  const auto daemon = UserNamed(DaemonUser(about.settings()));
  if (daemon && daemon->uid != 0 &&
      std::ranges::find(daemon->groups, user->group) == daemon->groups.end()) {
    remedies.push_back({Remedy::Kind::kCommand, "usermod -aG " + group + " " + daemon->name});
  }
  remedies.push_back(lasting);
  add(who + " may not connect to the socket", std::move(remedies));
}

// Nobody answers at the socket that Postfix asks.
void CheckAnswer(PostfixCase& about) {
  const auto here = std::ranges::find_if(about.smtpds(), &Use::Here);
  if (!about.facts().silent || here == about.smtpds().end()) return;
  const bool open = here->default_action == "accept";
  about.Add({open ? kUncovered : kHurts,
             "postfix",
             "smtpd_milters names " + here->milters[here->at].address + ", where nobody answers",
             about.InOf(*here, "smtpd_milters"),
             "no-answer",
             open ? "all mail passes unseen now" : "no mail passes now",
             {{Remedy::Kind::kCommand, "systemctl start warifu-milter"}}});
}

std::string TransportMap(const std::string& address, const std::string& queue) {
  return "socketmap:" + PostfixSocket(address, queue) + ":warifu";
}

// The transport map, without which mail in the queue and recipients behind aliases go unchecked.
void CheckSocketmap(PostfixCase& about) {
  const app::Settings& settings = about.settings();
  const std::string& address = settings.socketmap.address;
  const std::string maps = about.Value("transport_maps");
  constexpr const char* kFollows =
      "mail in the queue, and recipients behind aliases and lists, reach swapped and disputed "
      "addresses";
  if (address.empty()) {
    const auto mode = settings.policy.check_modes.find(Check::kPin);
    const bool pinned = mode == settings.policy.check_modes.end() || mode->second == Mode::kEnforce;
    if (!about.enforcing() || settings.store.url.empty() || settings.directory.none() || !pinned) {
      return;
    }
    const std::string socket = "unix:" + about.queue() + "/warifu/transport.sock";
    CheckLine line{kUncovered,      "postfix",         "socketmap.address is not set",
                   {settings.path}, "socketmap-unset", kFollows};
    MoveBelowQueue(about, "socketmap", "transport.sock", &line.remedies);
    line.remedies.push_back({Remedy::Kind::kAdvice, "then restart warifu-milter"});
    line.remedies.push_back(about.Set(
        "transport_maps", TransportMap(socket, about.queue()) + (maps.empty() ? "" : " " + maps)));
    about.Add(std::move(line));
    return;
  }
  Leads leads = Leads::kAway;
  bool chroot = false;
  for (const PostfixService& service : about.postfix().services) {
    if (service.command == "trivial-rewrite") chroot = service.chroot;
  }
  for (std::string word : ListOf(maps)) {
    if (word.starts_with("proxy:")) word.erase(0, 6);
    if (!word.starts_with("socketmap:")) continue;
    const std::string socket = word.substr(10, word.rfind(':') - 10);
    const Leads here = WhereLeads(socket, address, about.queue(), chroot);
    if (here == Leads::kHere || leads == Leads::kAway) leads = here;
  }
  if (leads == Leads::kHere || leads == Leads::kTwin) return;
  const std::string path = UnixPath(address);
  if (leads == Leads::kAway) {
    about.Add({kUncovered,
               "postfix",
               "transport_maps does not name warifu's socketmap",
               about.In("main.cf"),
               "socketmap",
               kFollows,
               {about.Set("transport_maps", TransportMap(address, about.queue()) +
                                                (maps.empty() ? "" : " " + maps))}});
  }
  if (chroot && !path.empty() && !IsBelow(path, about.queue())) {
    CheckLine line{
        kHurts,
        "postfix",
        "trivial-rewrite runs in the chroot " + about.queue() + " and cannot reach " + path,
        about.In("master.cf"),
        "socketmap-path",
        "every delivery is deferred while transport_maps names it"};
    MoveBelowQueue(about, "socketmap", "transport.sock", &line.remedies);
    line.remedies.push_back({Remedy::Kind::kAdvice, "then restart warifu-milter"});
    about.Add(std::move(line));
  } else if (leads == Leads::kAstray) {
    about.Add({kHurts,
               "postfix",
               "transport_maps = " + maps + " does not lead to " + address,
               about.In("main.cf"),
               "socketmap-path",
               "every delivery is deferred",
               {{Remedy::Kind::kAdvice, "write it as " + TransportMap(address, about.queue())}}});
  }
}

}  // namespace warifu::cli
