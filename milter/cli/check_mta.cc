#include "cli/check_mta.h"

#include <algorithm>
#include <charconv>
#include <chrono>

#include "cli/program.h"

namespace warifu::cli {
namespace {

constexpr const char* kNames[] = {
    "smtpd_milters",      "non_smtpd_milters", "milter_default_action", "queue_directory",
    "message_size_limit", "config_directory",  "transport_maps",        "smtpd_sender_login_maps"};
constexpr std::chrono::milliseconds kPatience{5000};

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

template <typename OnLine>
void ForLines(std::string_view text, const OnLine& on_line) {
  while (!text.empty()) {
    const std::size_t eol = std::min(text.find('\n'), text.size());
    on_line(text.substr(0, eol));
    text.remove_prefix(std::min(eol + 1, text.size()));
  }
}

void ReadAssignments(std::string_view text, std::map<std::string, std::string>* out) {
  ForLines(text, [&](std::string_view line) {
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return;
    out->emplace(Trim(line.substr(0, equals)), Trim(line.substr(equals + 1)));
  });
}

// Words between blanks, commas and braces: the sockets and options of a list of milters.
std::vector<std::string_view> Words(std::string_view list) {
  std::vector<std::string_view> words;
  constexpr std::string_view kBetween = " \t,{}";
  while (!list.empty()) {
    const std::size_t begin = std::min(list.find_first_not_of(kBetween), list.size());
    list.remove_prefix(begin);
    const std::size_t end = std::min(list.find_first_of(kBetween), list.size());
    if (end > 0) words.push_back(list.substr(0, end));
    list.remove_prefix(end);
  }
  return words;
}

struct Port {
  std::string host, port;
  bool ipv6 = false;
};

// "inet:8899@127.0.0.1", as the settings have checked it.
Port PortOf(const std::string& address) {
  const std::size_t colon = address.find(':');
  const std::size_t at = address.find('@');
  return {address.substr(at + 1), address.substr(colon + 1, at - colon - 1),
          address.starts_with("inet6:")};
}

std::string Setting(const Postfix& postfix, const std::string& name) {
  const auto it = postfix.settings.find(name);
  return it == postfix.settings.end() ? "" : it->second;
}

// Every spelling of our socket in a list of milters.
std::vector<std::string> Spellings(const std::string& address, const std::string& queue) {
  std::vector<std::string> out = {PostfixSocket(address, queue), PostfixSocket(address, "")};
  if (address.starts_with("unix:")) {
    const std::string path = address.substr(5);
    out.push_back("local:" + path);
    if (!queue.empty() && path.starts_with(queue + "/")) {
      out.push_back("unix:" + path.substr(queue.size()));  // as a chrooted smtpd sees it
    }
  } else {
    const Port port = PortOf(address);
    out.push_back("inet:localhost:" + port.port);
    out.push_back("inet:" + port.host + ":" + port.port);
  }
  return out;
}

bool Names(std::string_view list, const std::vector<std::string>& spellings) {
  const auto words = Words(list);
  return std::ranges::any_of(spellings, [&](const std::string& spelling) {
    return std::ranges::find(words, spelling) != words.end();
  });
}

// "socketmap:unix:/path:name" among the maps, also by way of the proxy.
bool NamesMap(std::string_view maps, const std::vector<std::string>& spellings) {
  const auto words = Words(maps);
  return std::ranges::any_of(words, [&](std::string_view word) {
    if (word.starts_with("proxy:")) word.remove_prefix(6);
    return std::ranges::any_of(spellings, [&](const std::string& spelling) {
      return word.starts_with("socketmap:" + spelling + ":");
    });
  });
}

std::string TransportMap(const std::string& address, const std::string& queue) {
  return "socketmap:" + PostfixSocket(address, queue) + ":warifu";
}

std::uint64_t Number(const std::string& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

Postfix ReadPostfix(std::string_view names, std::string_view overrides, std::string_view services) {
  Postfix postfix;
  ReadAssignments(names, &postfix.settings);
  ReadAssignments(overrides, &postfix.overrides);
  ForLines(services, [&](std::string_view line) {
    const auto words = Words(line);  // service type private unpriv chroot wakeup maxproc command
    if (words.size() >= 8 && words[1] == "inet" && words[7] == "smtpd" && words[4] == "y") {
      postfix.smtpd_in_chroot = true;
    }
  });
  return postfix;
}

std::optional<Postfix> AskPostfix() {
  std::vector<std::string> command = {"postconf", "-x"};
  command.insert(command.end(), std::begin(kNames), std::end(kNames));
  const auto names = RunProgram(command, kPatience);
  if (!names) return std::nullopt;
  const auto overrides = RunProgram({"postconf", "-P"}, kPatience);
  const auto services = RunProgram({"postconf", "-M"}, kPatience);
  return ReadPostfix(*names, overrides.value_or(""), services.value_or(""));
}

std::string PostfixSocket(const std::string& address, const std::string& queue_directory) {
  if (address.starts_with("unix:")) {
    const std::string path = address.substr(5);
    if (!queue_directory.empty() && path.starts_with(queue_directory + "/")) {
      return "unix:" + path.substr(queue_directory.size() + 1);
    }
    return "unix:" + path;
  }
  const Port port = PortOf(address);
  const bool bare = port.ipv6 && !port.host.starts_with('[');
  return "inet:" + (bare ? "[" + port.host + "]" : port.host) + ":" + port.port;
}

std::string SendmailSocket(const std::string& address) {
  return address.starts_with("unix:") ? "local:" + address.substr(5) : address;
}

CheckReport CheckPostfix(const app::Settings& settings, const Postfix& postfix) {
  CheckReport report;
  const auto add = [&](CheckLevel level, std::string text) {
    report.push_back({level, "postfix", std::move(text)});
  };
  const std::string queue = Setting(postfix, "queue_directory");
  const auto spellings = Spellings(settings.socket.address, queue);
  bool used = Names(Setting(postfix, "smtpd_milters"), spellings);
  for (const auto& [name, value] : postfix.overrides) {
    used = used || (name.ends_with("/smtpd_milters") && Names(value, spellings));
  }
  if (!used) add(CheckLevel::kWarning, "smtpd_milters does not name warifu's socket");
  const bool enforcing = settings.policy.mode == Mode::kEnforce;
  const std::string& map = settings.socketmap.address;
  const std::string transports = Setting(postfix, "transport_maps");
  if (map.empty() && enforcing && !settings.store.url.empty()) {
    add(CheckLevel::kWarning,
        "socketmap.address is not set: mail in the queue and recipients behind aliases and lists "
        "reach swapped and disputed addresses; see warifu-milter(8)");
  }
  if (!map.empty() && !NamesMap(transports, Spellings(map, queue))) {
    add(CheckLevel::kWarning,
        "transport_maps does not name warifu's socketmap: mail in the queue and recipients behind "
        "aliases and lists are not checked; set transport_maps = " +
            TransportMap(map, queue) + (transports.empty() ? "" : " " + transports));
  }
  if (enforcing && Setting(postfix, "milter_default_action") == "accept") {
    add(CheckLevel::kWarning,
        "milter_default_action = accept: mail passes unseen whenever warifu does not answer; "
        "set it to tempfail");
  }
  const std::string& address = settings.socket.address;
  if (postfix.smtpd_in_chroot && address.starts_with("unix:") && !queue.empty() &&
      !address.starts_with("unix:" + queue + "/")) {
    add(CheckLevel::kWarning, "smtpd runs in the chroot " + queue + " and cannot reach " +
                                  address.substr(5) + "; put the socket below the chroot");
  }
  const std::string limit_text = Setting(postfix, "message_size_limit");
  const std::uint64_t limit = Number(limit_text);
  if (!limit_text.empty() && (limit == 0 || limit > settings.limits.message_bytes)) {
    add(CheckLevel::kWarning, "message_size_limit = " + limit_text +
                                  " is above limits.message: larger mail is not scanned whole");
  }
  return report;
}

std::vector<std::string> LoginMaps(const Postfix& postfix) {
  std::vector<std::string> values = {Setting(postfix, "smtpd_sender_login_maps")};
  for (const auto& [name, value] : postfix.overrides) {
    if (name.ends_with("/smtpd_sender_login_maps")) values.push_back(value);
  }
  std::ranges::sort(values);
  const auto again = std::ranges::unique(values);
  values.erase(again.begin(), again.end());
  std::erase(values, "");
  return values;
}

std::vector<std::string> PluggingIn(const app::Settings& settings, const Postfix* postfix) {
  const std::string queue =
      postfix != nullptr ? Setting(*postfix, "queue_directory") : "/var/spool/postfix";
  std::vector<std::string> lines = {
      "Postfix, in main.cf:",
      "  smtpd_milters = " + PostfixSocket(settings.socket.address, queue),
      "  milter_default_action = tempfail",
  };
  if (!settings.socketmap.address.empty()) {
    lines.push_back("  transport_maps = " + TransportMap(settings.socketmap.address, queue) +
                    "    # then your own");
  }
  bool heading = false;
  for (const app::Listener& listener : settings.listeners) {
    if (listener.daemon_name.empty()) continue;
    if (!heading) lines.push_back("and in master.cf, below the service of that listener:");
    heading = true;
    lines.push_back("  -o milter_macro_daemon_name=" + listener.daemon_name + "    # " +
                    listener.name);
  }
  lines.insert(lines.end(),
               {"Sendmail, in sendmail.mc:",
                "  INPUT_MAIL_FILTER(`warifu', `S=" + SendmailSocket(settings.socket.address) +
                    ", F=T, T=C:5m;S:30s;R:30s;E:5m')dnl"});
  return lines;
}

}  // namespace warifu::cli
