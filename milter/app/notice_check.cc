#include "app/notice_check.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

#include "app/notice_mail.h"
#include "binding/live.h"

namespace warifu::app {
namespace {

// Tokens of one flow name are compared with each other only; a digest of one says nothing of a
// finding's fingerprint.
std::string DigestOf(const FingerprintKey& key, const std::string& flow, const std::string& token) {
  std::string text = "notice";
  for (const std::string& part : {flow, token}) text.append(1, '\0').append(part);
  return key.Fingerprint(text);
}

binding::NoticeFacts FactsOf(const scan::NoticeInfo& notice, const scan::NoticeContent& content,
                             const FingerprintKey& key) {
  binding::NoticeFacts facts;
  facts.id = notice.id;
  facts.account = content.account.text;
  facts.problem = content.account.problem;
  facts.guarded = notice.secrets || notice.kind == scan::NoticeKind::kTransfer;
  facts.has_token = notice.has_token;
  facts.token_problem = content.token.problem;
  if (!content.token.text.empty()) {
    facts.token = DigestOf(key, notice.flow, content.token.text);
  }
  return facts;
}

CheckResult LookAlike(const scan::NoticeInfo& notice) {
  CheckResult result;
  result.check = Check::kSpoof;
  result.outcome = Outcome::kFail;
  result.reason = "looks like notice '" + notice.id + "' and comes from none of its sources";
  result.at_most = Action::kTag;
  return result;
}

bool AllPass(const std::vector<CheckResult>& checks) {
  return std::ranges::all_of(
      checks, [](const CheckResult& check) { return check.outcome == Outcome::kPass; });
}

void AskStore(const NoticeContext& context, const binding::NoticeFacts& facts,
              const binding::Named& named, const std::vector<Address>& recipients,
              NoticeJudgement* out) {
  store::Store& store = *context.store;
  if (auto lock = binding::CheckNoticeLock(facts, named, store, context.now)) {
    out->checks.push_back(*std::move(lock));
  }
  if (auto flow = binding::CheckFlow(facts, named, recipients, context.bound, store, context.now,
                                     context.settings.flow_expires)) {
    out->checks.push_back(std::move(flow->check));
    out->disputed = std::move(flow->disputed);
    out->detail = std::move(flow->detail);
  }
  std::ranges::move(
      binding::CheckFanIn(facts, named, recipients, store, context.now, context.settings.fan_in),
      std::back_inserter(out->checks));
}

}  // namespace

binding::BoundTo BoundByDirectory(const binding::Directory& directory,
                                  const binding::Options& options) {
  return [&directory, &options](const Address& address) {
    binding::Owners owners = binding::AsAccounts(directory.OwnersOf(address), options.realm);
    binding::Bound bound;
    if (owners.status == binding::Lookup::kTryLater ||
        owners.status == binding::Lookup::kMisconfigured) {
      bound.outcome = Outcome::kUnavailable;
      bound.reason = "the owner could not be looked up: " + owners.detail;
    } else {
      bound.accounts = std::move(owners.accounts);  // none where it is not found
    }
    return bound;
  };
}

NoticeJudgement JudgeNotice(const NoticeContext& context, const Envelope& envelope,
                            std::string_view listener, const mail::Message& message) {
  NoticeJudgement out;
  const ReadableNotice mail(message, &envelope.sender, context.settings.binding);
  const std::optional<std::size_t> found = context.notices.Find(envelope, listener, mail.facts());
  if (!found) {
    const std::optional<std::size_t> like =
        envelope.account.empty() ? context.notices.FindLookAlike(envelope, listener, mail.facts())
                                 : std::nullopt;
    if (like) out.checks.push_back(LookAlike(context.notices.set().notices()[*like]));
    return out;
  }
  const scan::NoticeInfo& notice = context.notices.set().notices()[*found];
  out.notice = notice.id;
  const binding::NoticeFacts facts =
      FactsOf(notice, context.notices.set().Read(*found, mail.facts()), context.key);
  const binding::Named named = binding::WhoIsNamed(facts, context.bound, context.settings.binding);
  out.checks = binding::CheckNotice(facts, named, envelope.recipients, context.bound);
  if (notice.secrets && AllPass(out.checks)) {
    for (const std::string& account : named.accounts) {
      out.owner.append(out.owner.empty() ? "" : ",").append(account);
    }
  }
  if (context.store != nullptr) AskStore(context, facts, named, envelope.recipients, &out);
  return out;
}

void OwnSecrets(const NoticeJudgement& judgement, std::vector<Finding>* findings) {
  if (judgement.owner.empty()) return;
  for (Finding& finding : *findings) {
    if (finding.ownership != Ownership::kUnknown) continue;
    finding.owner = judgement.owner;
    finding.ownership = Ownership::kOnlyRecipient;
  }
}

}  // namespace warifu::app
