// Postfix configuration: what `postconf` says of one instance, by service.
//
// A service of master.cf sees main.cf with its own -o options before it; ValueOf() answers what it
// sees, with $name, ${name}, $(name), ${name?text} and ${name:text} filled in. What cannot be
// filled in (comparisons, more nesting or text than a person writes) stays as it is written, so
// that nothing is taken for a value that it is not.
//
// SECURITY: the text is the operator's, and may be anything; expansion is bounded in depth, in
// steps and in length.
// Threads: plain values; AskPostfix() one at a time.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace warifu::cli {

struct PostfixService {
  std::string name;     // "smtp", "127.0.0.1:10025"
  std::string type;     // "inet", "unix", "pass"
  std::string command;  // "smtpd"
  bool chroot = false;

  std::string Id() const { return name + "/" + type; }  // as postconf -P writes it
};

struct Postfix {
  std::string directory;  // of -c; "" for the one that postconf takes by itself
  std::map<std::string, std::string, std::less<>> settings;   // main.cf and defaults, as written
  std::map<std::string, std::string, std::less<>> overrides;  // "submission/inet/smtpd_milters"
  std::vector<PostfixService> services;
  std::vector<std::string> warnings;  // postconf's own
};

// From the output of `postconf`, `postconf -P` and `postconf -M`. Warnings may stand among the
// names.
Postfix ReadPostfix(std::string_view names, std::string_view overrides, std::string_view services);

// Asks the machine's postconf. `directory`: of main.cf; "" for postconf's own. kNotFound: there is
// none; else postconf's own words.
Result<Postfix> AskPostfix(const std::string& directory);

// Of main.cf, or as that service sees it; "" for what is not there.
std::string ValueOf(const Postfix& postfix, std::string_view name);
std::string ValueOf(const Postfix& postfix, const PostfixService& service, std::string_view name);
bool IsOverridden(const Postfix& postfix, const PostfixService& service, std::string_view name);

// Words between blanks and commas; what braces hold is one word, without the braces.
std::vector<std::string> ListOf(std::string_view text);
// "30s", "5m", "2" (seconds); -1 for what is no time.
long SecondsOf(std::string_view text);
// The numbers of "3.7.11"; a snapshot's "3.12-20260821" ends in its date.
std::vector<long> VersionOf(std::string_view text);

}  // namespace warifu::cli
