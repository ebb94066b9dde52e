// Check MTA: the lines that plug warifu into Postfix and Sendmail, and what in Postfix's settings
// would let mail pass unseen.
//
// Where postconf is found it is asked, with a time-out; it is never needed. The parsing of its
// answers is apart from the asking, for tests.
// Threads: one at a time.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "cli/check_report.h"

namespace warifu::cli {

// Postfix's settings and services, as far as they matter here.
struct Postfix {
  std::map<std::string, std::string> settings;  // main.cf, variables expanded
  // "submission/inet/smtpd_milters" → value, of master.cf
  std::map<std::string, std::string> overrides;
  bool smtpd_in_chroot = false;
};

// From the output of `postconf -x NAMES`, `postconf -P` and `postconf -M`.
Postfix ReadPostfix(std::string_view names, std::string_view overrides, std::string_view services);

// Asks the machine's postconf; nothing where there is none or it fails.
std::optional<Postfix> AskPostfix();

CheckReport CheckPostfix(const app::Settings& settings, const Postfix& postfix);

// "unix:/run/…" → how Postfix and Sendmail write it. `queue_directory`: a socket below it is named
// relative to it, which is right with and without chroot.
std::string PostfixSocket(const std::string& address, const std::string& queue_directory);
std::string SendmailSocket(const std::string& address);

// Values of smtpd_sender_login_maps, of main.cf and of services; each once.
std::vector<std::string> LoginMaps(const Postfix& postfix);

// For people, line by line.
std::vector<std::string> PluggingIn(const app::Settings& settings, const Postfix* postfix);

}  // namespace warifu::cli
