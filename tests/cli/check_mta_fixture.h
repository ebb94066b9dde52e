// A Postfix that is well plugged in, as postconf shows it, and what the checks say of it.
#pragma once

#include <algorithm>
#include <map>
#include <string>

#include "cli/check_postfix.h"

namespace warifu::cli {

inline app::Settings Enforcing() {
  app::Settings settings = app::DefaultSettings();
  settings.policy.mode = Mode::kEnforce;
  settings.socket.address = "unix:/var/spool/postfix/warifu/warifu.sock";
  settings.store.url = "";  // nothing that a transport map could tell
  return settings;
}

using Values = std::map<std::string, std::string>;

constexpr std::string_view kServices =
    "smtp       inet  n       -       y       -       -       smtpd\n"
    "submission inet  n       -       y       -       -       smtpd\n"
    "pickup     unix  n       -       y       60      1       pickup\n"
    "cleanup    unix  n       -       y       -       0       cleanup\n"
    "rewrite    unix  -       -       y       -       -       trivial-rewrite\n";

// The recommended lines with `changes`; `overrides` as postconf -P prints them.
inline Postfix PostfixWith(const Values& changes = {}, const std::string& overrides = "",
                           std::string_view services = kServices) {
  Values values = {{"smtpd_milters", "unix:warifu/warifu.sock"},
                   {"non_smtpd_milters", "$smtpd_milters"},
                   {"milter_default_action", "tempfail"},
                   {"milter_content_timeout", "300s"},
                   {"milter_command_timeout", "30s"},
                   {"milter_protocol", "6"},
                   {"queue_directory", "/var/spool/postfix"},
                   {"config_directory", "/etc/postfix"},
                   {"message_size_limit", "10240000"},
                   {"mynetworks", "127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128"},
                   {"smtpd_relay_restrictions", "permit_mynetworks, reject"},
                   {"mail_version", "3.7.11"},
                   {"compatibility_level", "3.6"}};
  for (const auto& [name, value] : changes) values[name] = value;
  std::string names;
  for (const auto& [name, value] : values) names += name + " = " + value + "\n";
  return ReadPostfix(names, overrides, services);
}

inline CheckReport Check(const app::Settings& settings, const Postfix& postfix,
                         const MtaFacts& facts = {}) {
  return CheckPostfix(settings, postfix, facts);
}

// "id: text", one line a finding above a note.
inline std::string Findings(const CheckReport& report) {
  std::string out;
  for (const CheckLine& line : report) {
    if (line.level > CheckLevel::kNote) out += line.id + ": " + line.text + "\n";
  }
  return out;
}

// The remedies of the finding `id`, one a line.
inline std::string RemediesOf(const CheckReport& report, std::string_view id) {
  std::string out;
  for (const CheckLine& line : report) {
    if (line.id != id) continue;
    for (const Remedy& remedy : line.remedies) out += remedy.text + "\n";
  }
  return out;
}

// The worst of the findings `id`.
inline CheckLevel LevelOf(const CheckReport& report, std::string_view id) {
  CheckLevel level = CheckLevel::kOk;
  for (const CheckLine& line : report) {
    if (line.id == id) level = std::max(level, line.level);
  }
  return level;
}

}  // namespace warifu::cli
