#include "app/judge.h"

#include <algorithm>
#include <unordered_map>

#include "app/notice_check.h"
#include "app/owner.h"
#include "binding/spoof.h"

namespace warifu::app {
namespace {

binding::Fields FieldsOf(const mail::Message& message) {
  binding::Fields fields;
  for (const mail::HeaderField& field : message.fields) {
    fields.emplace_back(field.name, field.body);
  }
  return fields;
}

const binding::Directory* DirectoryOf(const Snapshot& snapshot, const Bindings* bindings) {
  return bindings != nullptr ? bindings->directory() : snapshot.directory.get();
}

binding::Grants GrantsOf(const Bindings* bindings) {
  return bindings != nullptr ? bindings->grants() : binding::Grants{};
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
                        const Result<Address>& sender, const Bindings* bindings) {
  const binding::Directory* directory = DirectoryOf(snapshot, bindings);
  if (envelope.account.empty() || directory == nullptr) return NotApplicable(Check::kSender);
  if (sender) {
    return binding::CheckSender(envelope.account, *sender, *directory, snapshot.settings.binding,
                                GrantsOf(bindings));
  }
  CheckResult malformed;
  malformed.check = Check::kSender;
  malformed.outcome = Outcome::kMalformed;
  malformed.reason = "the envelope sender is no address: " + sender.error().text;
  return malformed;
}

// Author and display, or spoof.
void CheckFields(const Snapshot& snapshot, const Case& mail, const binding::Fields& fields,
                 std::vector<CheckResult>* checks) {
  const Settings& settings = snapshot.settings;
  const Envelope& envelope = mail.envelope;
  const binding::Directory* directory = DirectoryOf(snapshot, mail.bindings);
  const auto take = [checks](std::vector<CheckResult> results) {
    std::ranges::move(results, std::back_inserter(*checks));
  };
  if (mail.check_authors && !envelope.account.empty() && directory != nullptr) {
    const binding::Grants grants = GrantsOf(mail.bindings);
    if (mail.head_truncated) checks->push_back(HeadTooLarge());
    take(binding::CheckAuthor(envelope.account, fields, *directory, settings.binding, grants));
    take(binding::CheckDisplay(envelope.account, fields, *directory, settings.binding, grants));
  }
  const bool stranger = mail.bindings != nullptr && envelope.account.empty() &&
                        DirectionOf(envelope, settings) == incident::Direction::kInbound;
  if (stranger && FindNetwork(settings.spoof_forwarders, envelope.client_address) == nullptr) {
    checks->push_back(binding::CheckSpoof(fields, settings.binding));
  }
}

void CheckBindings(const Snapshot& snapshot, const Case& mail, Judgement* judgement) {
  const binding::Fields fields = FieldsOf(judgement->content.message);
  const std::vector<Address> authors = binding::Authors(fields, snapshot.settings.binding);
  for (const Address& author : authors) judgement->authors.push_back(author.ToString());
  CheckFields(snapshot, mail, fields, &judgement->checks);
  if (mail.bindings != nullptr) {
    const bool secrets = judgement->exemption.empty() &&
                         std::ranges::any_of(judgement->content.findings,
                                             [](const Finding& f) { return f.ignored.empty(); });
    BindingAnswer answer = mail.bindings->AtEnd(mail.envelope, authors, secrets);
    std::ranges::move(answer.checks, std::back_inserter(judgement->checks));
    SpareProvenOwner(answer.taken, &judgement->checks);
    std::ranges::move(answer.faults, std::back_inserter(judgement->content.faults));
    judgement->disputes = std::move(answer.disputes);
  }
  ApplyExemptions(mail.envelope, snapshot.settings, &judgement->checks);
}

// Mail of the operator's own systems about one account, and what wants to be taken for it.
NoticeJudgement CheckNotices(const Snapshot& snapshot, const Case& mail, Budget& budget,
                             Judgement* judgement) {
  const binding::Directory* directory = DirectoryOf(snapshot, mail.bindings);
  if (!mail.check_notices || directory == nullptr || snapshot.notices->active() == 0) return {};
  const Settings& settings = snapshot.settings;
  Bindings* bindings = mail.bindings;
  NoticeContext context{.notices = *snapshot.notices,
                        .settings = settings,
                        .key = snapshot.key,
                        .bound = BoundByDirectory(*directory, settings.binding),
                        .store = bindings != nullptr ? bindings->store() : nullptr,
                        .now = budget.clock().Now()};
  if (context.store != nullptr) {
    context.bound = [bindings](const Address& address) { return bindings->OwnerOf(address); };
  }
  NoticeJudgement notice =
      JudgeNotice(context, mail.envelope, mail.listener.name, judgement->content.message);
  ApplyExemptions(mail.envelope, settings, &notice.checks);
  std::ranges::move(notice.checks, std::back_inserter(judgement->checks));
  if (bindings != nullptr) {
    std::ranges::move(bindings->TakeDisputes(), std::back_inserter(judgement->disputes));
  }
  judgement->flow_disputes = std::move(notice.disputed);
  judgement->flow_detail = std::move(notice.detail);
  return notice;
}

// Whose records were found. An address on which directory and ledger disagree is nobody's until
// that is settled.
void FindOwners(const Snapshot& snapshot, const Case& mail, Budget& budget, Judgement* judgement) {
  const binding::Directory* directory = DirectoryOf(snapshot, mail.bindings);
  if (directory == nullptr) return;
  Bindings* bindings = mail.bindings;
  const bool ledger = bindings != nullptr && bindings->has_store();
  const AskOwners ask = [&](const Address& address) {
    binding::Owners owners = directory->OwnersOf(address);
    if (!ledger || owners.status != binding::Lookup::kFound || owners.by_domain) return owners;
    binding::Bound bound = bindings->OwnerOf(address);
    if (bound.outcome != Outcome::kPass) {
      owners.status = binding::Lookup::kTryLater;
      const bool disputed = bound.outcome == Outcome::kFail;
      owners.detail = disputed ? "the owner of an address is disputed" : std::move(bound.reason);
    }
    return owners;
  };
  Faults faults = AssignOwners(mail.envelope, ask, snapshot.settings.binding, budget,
                               &judgement->content.findings);
  std::ranges::move(faults, std::back_inserter(judgement->content.faults));
  if (ledger) std::ranges::move(bindings->TakeDisputes(), std::back_inserter(judgement->disputes));
}

// An edit that was decided but cannot be done is taken back, and decided anew without it.
void CarryOutEdits(const Snapshot& snapshot, const Case& mail, Budget& budget,
                   Judgement* judgement) {
  if (judgement->verdict.edit.empty()) return;
  Result<mail::EditedBody> edited = Edit(snapshot, mail.raw, judgement->content, judgement->edits,
                                         judgement->verdict.edit, budget);
  if (edited) {
    judgement->edited = *std::move(edited);
    return;
  }
  for (const std::size_t index : judgement->verdict.edit) {
    judgement->edits.facts[index] = {.possible = false, .why_not = edited.error().text};
  }
  DecideAgain(snapshot, mail, budget, judgement);
}

// Recipients as checks name them; each is written out once, and none where no check names one.
class RecipientsByText {
 public:
  RecipientsByText(const std::vector<Address>& recipients, const std::vector<CheckResult>& checks) {
    const bool named = std::ranges::any_of(
        checks, [](const CheckResult& check) { return !check.recipient.empty(); });
    if (!named) return;
    for (const Address& recipient : recipients) by_text_.emplace(recipient.ToString(), &recipient);
  }
  const Address* Find(const std::string& text) const {
    const auto found = text.empty() ? by_text_.end() : by_text_.find(text);
    return found == by_text_.end() ? nullptr : found->second;
  }

 private:
  std::unordered_map<std::string, const Address*> by_text_;
};

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

void ApplyExemptions(const Envelope& envelope, const Settings& settings,
                     std::vector<CheckResult>* checks) {
  const RecipientsByText recipients(envelope.recipients, *checks);
  for (CheckResult& check : *checks) {
    if (check.exempt) continue;
    const Address* about = recipients.Find(check.recipient);
    check.exemption = about == nullptr
                          ? ExemptFromCheck(envelope, settings, check.check)
                          : ExemptFromCheck(ForRecipient(envelope, *about), settings, check.check);
    check.exempt = !check.exemption.empty();
  }
}

BindingAnswer CheckAtMail(const Snapshot& snapshot, const binding::Identity& identity,
                          bool require_account, const Envelope& envelope,
                          const Result<Address>& sender, Bindings* bindings) {
  BindingAnswer answer;
  if (bindings != nullptr) answer = bindings->AtMail(envelope);
  answer.checks.insert(answer.checks.begin(), {binding::CheckSession(identity, require_account),
                                               SenderCheck(snapshot, envelope, sender, bindings)});
  SpareProvenOwner(answer.taken, &answer.checks);
  ApplyExemptions(envelope, snapshot.settings, &answer.checks);
  return answer;
}

void DecideAgain(const Snapshot& snapshot, const Case& mail, Budget& budget, Judgement* judgement) {
  policy::Evidence evidence;
  evidence.stage = policy::Stage::kEnd;
  evidence.listener = mail.listener;
  evidence.findings = judgement->content.findings;
  evidence.edits = judgement->edits.facts;
  evidence.checks = judgement->checks;
  evidence.faults = judgement->content.faults;
  evidence.exemption = judgement->exemption;
  evidence.own_bounce = IsOwnBounce(mail.envelope, snapshot.settings);
  evidence.can_hold = judgement->can_hold;
  judgement->edited.reset();
  judgement->verdict = policy::Decide(snapshot.settings.policy, evidence, mail.reference);
  CarryOutEdits(snapshot, mail, budget, judgement);
}

Judgement JudgeContent(const Snapshot& snapshot, const Case& mail, Content content,
                       Budget& budget) {
  Judgement judgement;
  judgement.content = std::move(content);
  judgement.checks = mail.earlier;
  judgement.exemption = ExemptFromContent(mail.envelope, snapshot.settings);
  const Stopwatch checking(budget.clock());
  CheckBindings(snapshot, mail, &judgement);
  const NoticeJudgement notice = CheckNotices(snapshot, mail, budget, &judgement);
  FindOwners(snapshot, mail, budget, &judgement);
  judgement.tie =
      TieArchive(snapshot, mail.envelope, mail.archives, budget.clock().Now(), &judgement.content);
  OwnSecrets(notice, &judgement.content.findings);
  const auto ids = judgement.content.message.Fields("Message-ID");
  if (!ids.empty()) judgement.message_id = mail::DecodeHeader(ids[0]);
  HideSecrets(&judgement);
  judgement.content.microseconds["checks"] = checking.Microseconds();

  const Stopwatch deciding(budget.clock());
  judgement.edits = PlanEdits(judgement.content, snapshot.settings, !mail.truncated, budget);
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
