#include "app/judge.h"

#include <algorithm>

#include "app/notice_check.h"
#include "app/owner.h"

namespace warifu::app {
namespace {

binding::Fields FieldsOf(const mail::Message& message) {
  binding::Fields fields;
  for (const mail::HeaderField& field : message.fields) {
    fields.emplace_back(field.name, field.body);
  }
  return fields;
}

void ApplyExemption(const Envelope& envelope, const Settings& settings, CheckResult* check) {
  if (check->exempt) return;
  check->exemption = ExemptFromCheck(envelope, settings, check->check);
  check->exempt = !check->exemption.empty();
}

CheckResult NotApplicable(Check check) {
  CheckResult result;
  result.check = check;
  result.outcome = Outcome::kNotApplicable;
  return result;
}

// A second From may stand behind the limit, for all that is known.
CheckResult HeadTooLarge() {
  CheckResult result;
  result.check = Check::kAuthor;
  result.outcome = Outcome::kMalformed;
  result.reason = "the head is larger than limits.header, so its authors cannot be told";
  return result;
}

CheckResult SenderCheck(const Snapshot& snapshot, const Envelope& envelope,
                        const Result<Address>& sender) {
  if (envelope.account.empty() || snapshot.directory == nullptr) {
    return NotApplicable(Check::kSender);
  }
  if (sender) {
    return binding::CheckSender(envelope.account, *sender, *snapshot.directory,
                                snapshot.settings.binding);
  }
  CheckResult malformed;
  malformed.check = Check::kSender;
  malformed.outcome = Outcome::kMalformed;
  malformed.reason = "the envelope sender is no address: " + sender.error().text;
  return malformed;
}

void CheckAuthors(const Snapshot& snapshot, const Case& mail, Judgement* judgement) {
  const Settings& settings = snapshot.settings;
  const Envelope& envelope = mail.envelope;
  const binding::Fields fields = FieldsOf(judgement->content.message);
  for (const Address& author : binding::Authors(fields, settings.binding)) {
    judgement->authors.push_back(author.ToString());
  }
  if (mail.check_authors && !envelope.account.empty() && snapshot.directory != nullptr) {
    if (mail.head_truncated) judgement->checks.push_back(HeadTooLarge());
    std::ranges::move(
        binding::CheckAuthor(envelope.account, fields, *snapshot.directory, settings.binding),
        std::back_inserter(judgement->checks));
    std::ranges::move(
        binding::CheckDisplay(envelope.account, fields, *snapshot.directory, settings.binding),
        std::back_inserter(judgement->checks));
  }
  for (CheckResult& check : judgement->checks) ApplyExemption(envelope, settings, &check);
}

// Mail of the operator's own systems about one account, and what wants to be taken for it.
NoticeJudgement CheckNotices(const Snapshot& snapshot, const Case& mail, Budget& budget,
                             Judgement* judgement) {
  if (!mail.check_notices || snapshot.directory == nullptr || snapshot.notices->active() == 0) {
    return {};
  }
  const Settings& settings = snapshot.settings;
  const NoticeContext context{.notices = *snapshot.notices,
                              .settings = settings,
                              .key = snapshot.key,
                              .bound = BoundByDirectory(*snapshot.directory, settings.binding),
                              .store = nullptr,
                              .now = budget.clock().Now()};
  NoticeJudgement notice =
      JudgeNotice(context, mail.envelope, mail.listener.name, judgement->content.message);
  for (CheckResult& check : notice.checks) {
    ApplyExemption(mail.envelope, settings, &check);
    judgement->checks.push_back(std::move(check));
  }
  return notice;
}

// A strip that was decided but cannot be done is taken back, and decided anew without it.
void CarryOutStrips(const Snapshot& snapshot, const Case& mail, Budget& budget,
                    Judgement* judgement) {
  if (judgement->verdict.action != Action::kStrip) return;
  Result<mail::EditedBody> edited = Strip(snapshot, mail.raw, judgement->content, judgement->strips,
                                          judgement->verdict.strip, budget);
  if (edited) {
    judgement->edited = *std::move(edited);
    return;
  }
  for (const std::size_t index : judgement->verdict.strip) {
    judgement->strips.facts[index] = {.possible = false, .why_not = edited.error().text};
  }
  DecideAgain(snapshot, mail, budget, judgement);
}

// Names and addresses may quote what was found in the mail.
void HideSecrets(Judgement* judgement) {
  const std::vector<std::string> secrets = SecretsOf(judgement->content);
  const auto hide = [&secrets](std::string* text) {
    *text = WithoutSecrets(std::move(*text), secrets);
  };
  hide(&judgement->message_id);
  for (std::string& author : judgement->authors) hide(&author);
  for (CheckResult& check : judgement->checks) {
    hide(&check.subject);
    hide(&check.reason);
  }
  for (incident::AttachmentNote& note : judgement->content.attachments) {
    hide(&note.name);
    hide(&note.declared);
  }
}

}  // namespace

std::vector<CheckResult> CheckAtMail(const Snapshot& snapshot, bool require_account,
                                     const Envelope& envelope, const Result<Address>& sender) {
  std::vector<CheckResult> checks;
  checks.push_back(binding::CheckSession(envelope.account, require_account));
  checks.push_back(SenderCheck(snapshot, envelope, sender));
  for (CheckResult& check : checks) ApplyExemption(envelope, snapshot.settings, &check);
  return checks;
}

void DecideAgain(const Snapshot& snapshot, const Case& mail, Budget& budget, Judgement* judgement) {
  policy::Evidence evidence;
  evidence.stage = policy::Stage::kEnd;
  evidence.listener = mail.listener;
  evidence.findings = judgement->content.findings;
  evidence.strips = judgement->strips.facts;
  evidence.checks = judgement->checks;
  evidence.faults = judgement->content.faults;
  evidence.exemption = judgement->exemption;
  evidence.own_bounce = IsOwnBounce(mail.envelope, snapshot.settings);
  judgement->edited.reset();
  judgement->verdict = policy::Decide(snapshot.settings.policy, evidence, mail.reference);
  CarryOutStrips(snapshot, mail, budget, judgement);
}

Judgement JudgeContent(const Snapshot& snapshot, const Case& mail, Content content,
                       Budget& budget) {
  Judgement judgement;
  judgement.content = std::move(content);
  judgement.checks = mail.earlier;
  const Stopwatch checking(budget.clock());
  CheckAuthors(snapshot, mail, &judgement);
  const NoticeJudgement notice = CheckNotices(snapshot, mail, budget, &judgement);
  if (snapshot.directory != nullptr) {
    AssignOwners(mail.envelope, *snapshot.directory, snapshot.settings.binding,
                 &judgement.content.findings);
  }
  OwnSecrets(notice, &judgement.content.findings);
  const auto ids = judgement.content.message.Fields("Message-ID");
  if (!ids.empty()) judgement.message_id = mail::DecodeHeader(ids[0]);
  HideSecrets(&judgement);
  judgement.content.microseconds["checks"] = checking.Microseconds();

  const Stopwatch deciding(budget.clock());
  judgement.exemption = ExemptFromContent(mail.envelope, snapshot.settings);
  judgement.strips = PlanStrips(judgement.content, snapshot.settings);
  DecideAgain(snapshot, mail, budget, &judgement);
  judgement.content.microseconds["decide"] = deciding.Microseconds();
  return judgement;
}

Judgement JudgeMessage(const Snapshot& snapshot, const Case& mail, mail::Message message,
                       Budget& budget) {
  Content content = InspectContent(snapshot, std::move(message), budget);
  const bool told = std::ranges::any_of(
      content.faults, [](const Fault& fault) { return fault.cause == FaultCause::kTooLarge; });
  if (mail.truncated && !told) {
    content.faults.push_back({FaultCause::kTooLarge, "", "the mail is larger than limits.message"});
  }
  return JudgeContent(snapshot, mail, std::move(content), budget);
}

Judgement Judge(const Snapshot& snapshot, const Case& mail, Budget& budget) {
  const Stopwatch parsing(budget.clock());
  // Of mail that is not scanned the head alone, for the author checks and the event, unless it may
  // be a notice. What is wrong with its structure is then no fault.
  const bool whole = mail.scan || (mail.check_notices &&
                                   snapshot.notices->FromSource(mail.envelope, mail.listener.name));
  const std::string_view raw = whole ? mail.raw : mail.raw.substr(0, mail.body_begin);
  mail::Message message = mail::Parse(raw, snapshot.settings.limits);
  const std::uint64_t spent = parsing.Microseconds();
  Judgement judgement;
  if (mail.scan) {
    judgement = JudgeMessage(snapshot, mail, std::move(message), budget);
  } else {
    Content head;
    head.message = std::move(message);
    judgement = JudgeContent(snapshot, mail, std::move(head), budget);
  }
  judgement.content.microseconds["parse"] = spent;
  return judgement;
}

}  // namespace warifu::app
