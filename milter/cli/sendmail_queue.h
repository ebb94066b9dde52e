// Sendmail queue: the mail queue of a Sendmail, where held mail is in the quarantine.
//
// `sendmail -bp` lists, once the quarantine (-qQ) and, where a mail is not there, what waits; -Q
// without a reason takes a mail out of the quarantine, and -qI has it tried at once. Runs of the
// queue ask no milter. Sendmail says nothing when it has done so, and nothing when there was no
// such mail: the quarantine is listed again. Queue ids hold the time and are not used again.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "cli/mail_queue.h"

namespace warifu::cli {

// `config`: the sendmail.cf; "" for Sendmail's own.
std::unique_ptr<MailQueue> MakeSendmailQueue(const std::string& config);

// From the output of `sendmail -bp`: those of `wanted`, by queue id, all with that queue's name.
std::map<std::string, QueuedMail> ReadSendmailQueue(std::string_view listing,
                                                    const std::set<std::string>& wanted,
                                                    const std::string& queue);

}  // namespace warifu::cli
