// Check Sendmail: what in a sendmail.cf would let mail pass warifu unseen, or would hurt.
//
// Local mail needs no check of its own: sendmail(1) hands it to the MTA's port (submit.cf).
// Threads: pure, but for reading the file system.
#pragma once

#include "app/settings.h"
#include "cli/check_postfix.h"
#include "cli/check_report.h"
#include "cli/sendmail_config.h"

namespace warifu::cli {

CheckReport CheckSendmail(const app::Settings& settings, const SendmailConfig& sendmail,
                          const MtaFacts& facts);

}  // namespace warifu::cli
