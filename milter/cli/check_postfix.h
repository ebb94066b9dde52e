// Check Postfix: what in a Postfix's running configuration would let mail pass warifu unseen, or
// would hurt.
//
// One table of checks, each of which looks at the whole instance and says nothing where all is
// right. Warifu's own settings decide what is right: `accept` as the default action is wrong while
// anything is enforced, and right while warifu observes.
// Threads: one at a time; reads the file system and the user database.
#pragma once

#include <string>
#include <vector>

#include "app/settings.h"
#include "cli/check_report.h"
#include "cli/postfix_config.h"

namespace warifu::cli {

// What neither the settings nor the MTA say.
struct MtaFacts {
  bool cuts_mail = false;                       // a rule strips or redacts
  bool silent = false;                          // nobody answers at warifu's socket
  std::vector<std::string> own_addresses = {};  // of this machine
};

CheckReport CheckPostfix(const app::Settings& settings, const Postfix& postfix,
                         const MtaFacts& facts);

// Whether any service of that instance asks warifu, or is meant to.
bool IsPluggedIn(const app::Settings& settings, const Postfix& postfix);

// "socketmap:unix:warifu/transport.sock:warifu".
std::string TransportMap(const std::string& address, const std::string& queue);

}  // namespace warifu::cli
