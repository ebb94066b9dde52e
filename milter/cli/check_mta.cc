#include "cli/check_mta.h"

#include <algorithm>

#include "cli/check_postfix.h"
#include "cli/milter_list.h"

namespace warifu::cli {

std::vector<std::string> LoginMaps(const Postfix& postfix) {
  std::vector<std::string> values = {ValueOf(postfix, "smtpd_sender_login_maps")};
  for (const PostfixService& service : postfix.services) {
    values.push_back(ValueOf(postfix, service, "smtpd_sender_login_maps"));
  }
  std::ranges::sort(values);
  const auto again = std::ranges::unique(values);
  values.erase(again.begin(), again.end());
  std::erase(values, "");
  return values;
}

std::string SendmailEquates(const app::Settings& settings) {
  const bool enforcing = settings.policy.mode == Mode::kEnforce;
  return "S=" + SendmailSocket(settings.socket.address) + (enforcing ? ", F=T" : "") +
         ", T=C:5m;S:30s;R:30s;E:5m";
}

std::vector<std::string> PluggingIn(const app::Settings& settings, const Postfix* postfix) {
  const std::string queue =
      postfix != nullptr ? ValueOf(*postfix, "queue_directory") : "/var/spool/postfix";
  const bool enforcing = settings.policy.mode == Mode::kEnforce;
  std::vector<std::string> lines = {
      "Postfix, in main.cf:",
      "  smtpd_milters = " + PostfixSocket(settings.socket.address, queue),
      "  non_smtpd_milters = $smtpd_milters",
      enforcing ? "  milter_default_action = tempfail"
                : "  milter_default_action = accept    # tempfail once warifu enforces",
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
  lines.insert(lines.end(), {"Sendmail, in sendmail.mc:", "  INPUT_MAIL_FILTER(`warifu', `" +
                                                              SendmailEquates(settings) + "')dnl"});
  return lines;
}

}  // namespace warifu::cli
