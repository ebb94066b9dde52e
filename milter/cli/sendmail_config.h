// Sendmail configuration: what a sendmail.cf says of filters and ports.
//
// Options (O lines), filters (X lines) and DaemonPortOptions, with continued lines joined. Names of
// options are compared as Sendmail does, in any case.
// SECURITY: the text is the operator's, and may be anything; files beyond 8 MiB are refused.
// Threads: plain values.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace warifu::cli {

struct SendmailFilter {
  std::string name;
  std::string socket;  // S=
  std::string flags;   // F=; "" for none: mail passes while the filter is down
  // T=: seconds to connect, to send, to read one answer, and for the whole end of a message.
  std::map<char, long> times = {{'C', 300}, {'S', 10}, {'R', 10}, {'E', 300}};
};

struct SendmailPort {
  std::string name = "Daemon";  // {daemon_name}
  std::string port = "smtp";
  std::string address;       // "" for all
  std::string modifiers;     // M=: "E", "A" (no AUTH), "a" (AUTH required)
  bool own_filters = false;  // InputMailFilters of its own
  std::vector<std::string> filters;
};

struct SendmailConfig {
  std::string path;
  std::string version;                         // of the file: "8.17.1.9"
  std::map<std::string, std::string> options;  // "maxmessagesize" → "0"
  std::vector<SendmailFilter> filters;         // as defined
  std::vector<std::string> input_filters;      // their order for ports without own ones
  std::vector<SendmailPort> ports;
};

SendmailConfig ReadSendmail(std::string_view text);
// kNotFound: no such file; kSystem: it cannot be read; kInvalid: it is no configuration.
Result<SendmailConfig> LoadSendmail(const std::string& path);

}  // namespace warifu::cli
