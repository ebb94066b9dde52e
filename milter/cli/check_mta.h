// Check MTA: the lines that plug warifu into Postfix and Sendmail, and what it may take over from
// Postfix.
// Threads: pure.
#pragma once

#include <string>
#include <vector>

#include "app/settings.h"
#include "cli/postfix_config.h"

namespace warifu::cli {

// Values of smtpd_sender_login_maps, of main.cf and of services; each once.
std::vector<std::string> LoginMaps(const Postfix& postfix);

// What INPUT_MAIL_FILTER says of warifu, after its name.
std::string SendmailEquates(const app::Settings& settings);

// For people, line by line.
std::vector<std::string> PluggingIn(const app::Settings& settings, const Postfix* postfix);

}  // namespace warifu::cli
