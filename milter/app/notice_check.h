// NoticeCheck: a mail of a declared source, judged as a notice.
//
// Finds which notice the mail is, reads account and token, and puts them to the checks of
// binding/notice.h. Mail from anywhere else is not read and writes nothing; where it wants to be
// taken for a notice, the check `spoof` says so.
//
// A secret in a notice (one declared with `secrets`) belongs to the account that the notice names;
// when `notice` passes, that account is its only recipient, and it is no leak.
//
// Without a store (the tool, or a gateway that has none) flows, mailboxes and locks are not asked.
// Threads: as the store's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/envelope.h"
#include "app/notices.h"
#include "base/finding.h"
#include "base/redact.h"
#include "binding/directory.h"
#include "binding/notice.h"
#include "mail/message.h"
#include "store/store.h"

namespace warifu::app {

struct NoticeContext {
  const Notices& notices;
  const Settings& settings;
  const FingerprintKey& key;  // of the tokens' digests
  binding::BoundTo bound;
  store::Store* store = nullptr;
  WallTime now = {};
};

struct NoticeJudgement {
  std::string notice;  // its id; "" where the mail is none
  std::vector<CheckResult> checks;
  // What `flow` puts in doubt; the caller marks it, where the check is in force.
  std::vector<std::string> disputed;
  std::string detail;
  std::string owner;  // of the secrets in it; "" where they belong to nobody in particular
};

// By the directory alone, where there is no ledger.
binding::BoundTo BoundByDirectory(const binding::Directory& directory,
                                  const binding::Options& options);

NoticeJudgement JudgeNotice(const NoticeContext& context, const Envelope& envelope,
                            std::string_view listener, const mail::Message& message);

// Findings that name no owner of their own become the notice's owner's.
void OwnSecrets(const NoticeJudgement& judgement, std::vector<Finding>* findings);

}  // namespace warifu::app
