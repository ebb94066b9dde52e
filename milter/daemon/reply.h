// SmtpReply: the answer to a refused command, in the only shape that every MTA takes.
//
// Whatever the verdict says, what leaves here is one line: a code of the class that the action
// needs (4xx to defer, 5xx to refuse), an enhanced code of the same class (RFC 3463), and printable
// ASCII of at most 980 bytes. '%' is doubled, since Sendmail takes the text for a format string and
// Postfix undoes the doubling. A reply that broke one of these rules would be ignored, or, in new
// Postfix, count as a broken filter: with milter_default_action = accept the mail would pass.
//
// Refuses: nothing; a bad code or text is replaced by a plain one.
// SECURITY: the text reaches the client; it carries a reference, never the reason that matched.
// Threads: pure.
#pragma once

#include <string>

#include "policy/decide.h"

namespace warifu::daemon {

struct SmtpReply {
  std::string code;      // "550"
  std::string enhanced;  // "5.7.1"
  std::string text;      // '%' doubled
};

enum class Refusal { kTemporary, kPermanent };

SmtpReply MakeReply(Refusal refusal, const policy::Reply& reply);

}  // namespace warifu::daemon
