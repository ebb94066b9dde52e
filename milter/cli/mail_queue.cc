#include "cli/mail_queue.h"

#include <algorithm>
#include <cctype>

#include "cli/postfix_queue.h"
#include "cli/program.h"
#include "cli/sendmail_queue.h"

namespace warifu::cli {

bool IsQueueId(std::string_view text) {
  return text.size() >= 5 && text.size() <= 40 &&
         std::ranges::all_of(text, [](unsigned char c) { return std::isalnum(c) != 0; });
}

std::unique_ptr<MailQueue> QueueFor(const Arguments& arguments, const app::Settings& settings) {
  if (arguments.Has("config-directory")) {
    return MakePostfixQueue(arguments.Value("config-directory"));
  }
  if (arguments.Has("sendmail")) return MakeSendmailQueue(arguments.Value("sendmail"));
  if (!settings.sendmail_config.empty()) return MakeSendmailQueue(settings.sendmail_config);
  const bool sendmail =
      settings.postfix_config.empty() && !IsOnPath("postqueue") && IsOnPath("sendmail");
  if (sendmail) return MakeSendmailQueue("");
  return MakePostfixQueue(settings.postfix_config);
}

}  // namespace warifu::cli
