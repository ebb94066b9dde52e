// Postfix queue: the mail queue of a Postfix.
//
// postqueue(1) is asked for the whole queue, since it knows no other question; only the ids that
// are wanted are kept. postsuper(1) releases; a mail that it has moved from the hold queue is not
// shown to any milter again.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "cli/mail_queue.h"

namespace warifu::cli {

// `config`: the folder of main.cf; "" for Postfix's own.
std::unique_ptr<MailQueue> MakePostfixQueue(const std::string& config);

// From the output of `postqueue -j`: those of `wanted`, by queue id.
std::map<std::string, QueuedMail> ReadPostfixQueue(std::string_view listing,
                                                   const std::set<std::string>& wanted);

}  // namespace warifu::cli
