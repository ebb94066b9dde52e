#include "app/inspection.h"

#include <strings.h>

#include <algorithm>
#include <new>

#include "app/aftermath.h"
#include "app/envelope.h"
#include "app/judge.h"
#include "app/message_event.h"
#include "app/reference.h"
#include "base/redact.h"

namespace warifu::app {
namespace {

class Inspection final : public MessageInspection {
 public:
  explicit Inspection(InspectionContext context)
      : context_(std::move(context)),
        snapshot_(*context_.snapshot),
        reference_(MakeReference()),
        bindings_(snapshot_, {context_.store, context_.outage, context_.clock}),
        aftermath_(context_) {}

  ~Inspection() override;

  const mail::Limits& limits() const override { return snapshot_.settings.limits; }
  policy::Verdict Mail(const Transaction& transaction) override;
  policy::Verdict Rcpt(const Transaction& transaction, std::string_view recipient) override;
  EndActions End(const Transaction& transaction, const mail::MessageBuffer& message,
                 const std::function<bool()>& progress) override;
  void Failed(const Transaction& transaction, std::string_view what) override;

 private:
  void Begin(const Transaction& transaction);
  policy::Verdict JudgeMail(const Transaction& transaction);
  policy::Verdict JudgeRcpt(const Transaction& transaction, std::string_view recipient);
  EndActions JudgeEnd(const Transaction& transaction, const mail::MessageBuffer& message,
                      const std::function<bool()>& progress);
  // What is left when warifu itself failed: a verdict on that fault alone.
  policy::Verdict JudgeFault(const Transaction& transaction, policy::Stage stage, Fault fault);
  // A held mail that nobody could find is not held: its row first, or the fault of the store.
  void RecordHeld(const Transaction& transaction, const Case& mail, Budget& budget,
                  Judgement* judgement);
  // A client that tries again is told the reference of its first time; true where that is so.
  bool TellAgain(policy::Evidence evidence, const Disputes& disputes, incident::Event* event) const;
  incident::Event NewEvent(const Transaction& transaction, std::string_view stage) const;
  EndActions Actions(Judgement& judgement) const;
  // Writes the event; what fails is counted and logged, and the caller's to judge.
  Result<void> Write(const incident::Event& event) const;
  // The verdict stands: counts it, logs it, keeps its event for Failed().
  void Conclude(incident::Event event);

  const InspectionContext context_;
  const Snapshot& snapshot_;
  const std::string reference_;
  Bindings bindings_;
  const Aftermath aftermath_;
  Listener listener_;
  binding::Identity identity_;
  Envelope envelope_;
  std::vector<CheckResult> mail_checks_;
  Faults mail_faults_;
  Disputes disputes_;  // since MAIL, under `reference_`
  policy::Verdict mail_verdict_;
  Transaction at_mail_;       // for the event of a message that is given up
  bool open_ = false;         // MAIL has passed, no end came yet
  incident::Event recorded_;  // the last event
};

policy::ListenerFacts FactsOf(const Listener& listener) {
  return {.name = listener.name, .mode = listener.mode, .submission = listener.submission};
}

binding::Identity IdentityOf(const Snapshot& snapshot, const Transaction& transaction,
                             const Listener& listener, WallTime now) {
  const binding::RealmOptions& realm = snapshot.settings.binding.realm;
  const binding::SessionClaims claims = {
      .login = transaction.auth_login,
      .certificate = {transaction.cert_subject, transaction.cert_issuer,
                      transaction.cert_fingerprint},
      .client_address = transaction.session.client_address,
      .for_users = listener.submission || listener.require_account};
  static const binding::Identities logins_alone;
  return (snapshot.identities ? *snapshot.identities : logins_alone).Of(claims, realm, now);
}

Fault LostEvent(const Error& error) {
  return {FaultCause::kEventLog, "", "the event was not written: " + error.ToString()};
}

Fault LostIncident(const Error& error) {
  return {FaultCause::kStore, "", "the incident was not recorded: " + error.ToString()};
}

// Runs `work`; a failure of the language or of a library becomes a fault for `judge`.
template <typename Work, typename JudgeFault>
auto Guarded(const Work& work, const JudgeFault& judge) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return judge(Fault{FaultCause::kResources, "", "out of memory"});
  } catch (const std::exception& e) {
    return judge(Fault{FaultCause::kInternal, "", Printable(e.what())});
  } catch (...) {
    return judge(Fault{FaultCause::kInternal, "", "unknown exception"});
  }
}

// Postfix asks about mail of sendmail(1) as from a client on this host that says no login and no
// brackets; a recipient that is refused there is a configuration error to it, and the mail stays in
// its queue. Such mail is judged at its end alone.
bool IsUnanswerable(const Transaction& transaction, std::string_view recipient) {
  const std::string& client = transaction.session.client_address;
  return transaction.auth_login.empty() && !recipient.starts_with('<') &&
         (client == "127.0.0.1" || client == "::1");
}

// Of the checks at MAIL, those that are not made again at the end.
std::vector<CheckResult> NotAskedAgain(const std::vector<CheckResult>& checks) {
  std::vector<CheckResult> out;
  std::ranges::copy_if(checks, std::back_inserter(out), [](const CheckResult& check) {
    return check.check == Check::kSession || check.check == Check::kSender;
  });
  return out;
}

// Counts the time of a stage that no event tells of.
class Timer {
 public:
  Timer(const InspectionContext& context, WorkStage stage)
      : counters_(*context.counters), stage_(stage), stopwatch_(*context.clock) {}
  ~Timer() { counters_.AddTime(stage_, stopwatch_.Microseconds()); }
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

 private:
  Counters& counters_;
  const WorkStage stage_;
  const Stopwatch stopwatch_;
};

// When even the fault cannot be judged: nothing but a temporary failure is safe.
policy::Verdict LastResort() noexcept {
  policy::Verdict verdict;
  verdict.action = verdict.would = Action::kDefer;
  return verdict;
}

Inspection::~Inspection() {
  if (!open_ || mail_verdict_.would == Action::kAccept) return;
  try {
    incident::Event event = NewEvent(at_mail_, "abort");
    event.checks = mail_checks_;
    event.faults = mail_faults_;
    event.verdict = mail_verdict_;
    std::ignore = Write(event);
    aftermath_.Record(event, disputes_);
    Conclude(std::move(event));
  } catch (...) {
    context_.counters->AddEventFailure();
  }
}

policy::Verdict Inspection::Mail(const Transaction& transaction) {
  const Timer timer(context_, WorkStage::kMail);
  try {
    return Guarded([&] { return JudgeMail(transaction); },
                   [&](Fault fault) {
                     return JudgeFault(transaction, policy::Stage::kMail, std::move(fault));
                   });
  } catch (...) {
    return LastResort();
  }
}

policy::Verdict Inspection::Rcpt(const Transaction& transaction, std::string_view recipient) {
  // All that is asked here stands in the store.
  if (context_.store == nullptr || IsUnanswerable(transaction, recipient)) return {};
  const Timer timer(context_, WorkStage::kRcpt);
  try {
    return Guarded([&] { return JudgeRcpt(transaction, recipient); },
                   [&](Fault fault) {
                     return JudgeFault(transaction, policy::Stage::kRcpt, std::move(fault));
                   });
  } catch (...) {
    return LastResort();
  }
}

EndActions Inspection::End(const Transaction& transaction, const mail::MessageBuffer& message,
                           const std::function<bool()>& progress) {
  open_ = false;
  try {
    return Guarded([&] { return JudgeEnd(transaction, message, progress); },
                   [&](Fault fault) {
                     EndActions actions;
                     actions.verdict =
                         JudgeFault(transaction, policy::Stage::kEnd, std::move(fault));
                     if (actions.verdict.action == Action::kHold) {
                       actions.hold_reason = "warifu " + reference_;
                     }
                     return actions;
                   });
  } catch (...) {
    EndActions actions;
    actions.verdict = LastResort();
    return actions;
  }
}

void Inspection::Failed(const Transaction& transaction, std::string_view what) {
  open_ = false;
  try {
    incident::Event event = recorded_.stage.empty() ? NewEvent(transaction, "failed") : recorded_;
    event.time = context_.clock->Now();
    event.stage = "failed";
    event.faults.push_back({FaultCause::kResources, "", Printable(what)});
    policy::Verdict& verdict = event.verdict;
    if (verdict.action == Action::kHold) aftermath_.NotHeld(reference_, event.time, what);
    verdict.action = Action::kDefer;
    verdict.would = std::max(verdict.would, Action::kDefer);
    verdict.fault_would.resize(event.faults.size(), Action::kDefer);
    verdict.reply = {};
    verdict.reasons.insert(verdict.reasons.begin(), "fault:resources");
    context_.counters->AddFault(FaultCause::kResources);
    context_.counters->AddNotDone();
    std::ignore = Write(event);
    context_.log->Warning(ToLogLine(event));
  } catch (...) {
    context_.counters->AddEventFailure();
  }
}

void Inspection::Begin(const Transaction& transaction) {
  const Settings& settings = snapshot_.settings;
  listener_ = ListenerFor(settings, transaction.session.daemon_name);
  envelope_.client_address = transaction.session.client_address;
  envelope_.submission = listener_.submission;
  identity_ = IdentityOf(snapshot_, transaction, listener_, context_.clock->Now());
  envelope_.account = identity_.account;
}

policy::Verdict Inspection::JudgeMail(const Transaction& transaction) {
  Begin(transaction);
  const Result<Address> sender = ParsePath(transaction.sender, snapshot_.settings.binding.address);
  envelope_.sender = sender.value_or(kUnreadable);
  bindings_.Start(envelope_, reference_);
  BindingAnswer answer =
      CheckAtMail(snapshot_, identity_, listener_.require_account, envelope_, sender, &bindings_);
  mail_checks_ = std::move(answer.checks);
  mail_faults_ = std::move(answer.faults);
  disputes_ = std::move(answer.disputes);

  policy::Evidence evidence;
  evidence.stage = policy::Stage::kMail;
  evidence.listener = FactsOf(listener_);
  evidence.checks = mail_checks_;
  evidence.faults = mail_faults_;
  mail_verdict_ = policy::Decide(snapshot_.settings.policy, evidence, reference_);
  if (mail_verdict_.action == Action::kAccept) {
    at_mail_ = transaction;
    open_ = true;
    return mail_verdict_;
  }
  incident::Event event = NewEvent(transaction, "mail");
  event.checks = mail_checks_;
  event.faults = mail_faults_;
  event.verdict = mail_verdict_;
  const bool again = TellAgain(evidence, disputes_, &event);
  mail_verdict_ = event.verdict;
  // It is refused in any case: an event that is lost is counted and logged, no more.
  std::ignore = Write(event);
  aftermath_.Record(event, disputes_, again);
  Conclude(std::move(event));
  return mail_verdict_;
}

policy::Verdict Inspection::JudgeRcpt(const Transaction& transaction, std::string_view recipient) {
  const Address address = CanonicalAddress(recipient, snapshot_.settings.binding.address);
  // Of this recipient alone: others of the same mail may be answered otherwise.
  const std::string reference = MakeReference();
  bindings_.Start(envelope_, reference);
  BindingAnswer answer = bindings_.AtRcpt(envelope_, address);
  ApplyExemptions(ForRecipient(envelope_, address), snapshot_.settings, &answer.checks);

  policy::Evidence evidence;
  evidence.stage = policy::Stage::kRcpt;
  evidence.listener = FactsOf(listener_);
  evidence.checks = answer.checks;
  evidence.faults = answer.faults;
  evidence.own_bounce = IsOwnBounce(envelope_, snapshot_.settings);
  policy::Verdict verdict = policy::Decide(snapshot_.settings.policy, evidence, reference);
  // What would be done is said by the event at the end, for which all is asked again.
  if (verdict.action == Action::kAccept && answer.disputes.empty()) return verdict;
  incident::Event event = NewEvent(transaction, "rcpt");
  event.reference = reference;
  event.recipients = {address == kUnreadable ? std::string(recipient) : address.ToString()};
  event.checks = std::move(answer.checks);
  event.faults = std::move(answer.faults);
  event.verdict = verdict;
  const bool again = TellAgain(evidence, answer.disputes, &event);
  std::ignore = Write(event);
  aftermath_.Record(event, answer.disputes, again);
  if (verdict.action != Action::kAccept) context_.counters->AddRecipient(event);
  context_.log->Info(ToLogLine(event));
  return event.verdict;
}

bool Inspection::TellAgain(policy::Evidence evidence, const Disputes& disputes,
                           incident::Event* event) const {
  std::string reference = aftermath_.ReferenceOf(*event, disputes);
  if (reference == event->reference) return false;
  event->reference = std::move(reference);
  evidence.checks = event->checks;
  evidence.faults = event->faults;
  event->verdict = policy::Decide(snapshot_.settings.policy, evidence, event->reference);
  return true;
}

EndActions Inspection::JudgeEnd(const Transaction& transaction, const mail::MessageBuffer& message,
                                const std::function<bool()>& progress) {
  const Stopwatch total(*context_.clock);
  const Settings& settings = snapshot_.settings;
  envelope_.recipients = CanonicalRecipients(transaction.recipients, settings.binding.address);
  envelope_.complete = true;

  Case mail;
  mail.listener = FactsOf(listener_);
  mail.envelope = envelope_;
  mail.bindings = &bindings_;
  mail.earlier = NotAskedAgain(mail_checks_);
  mail.raw = message.raw();
  mail.body_begin = message.body_begin();
  mail.truncated = message.truncated();
  mail.head_truncated = message.head_truncated();
  mail.scan = settings.scan_directions.contains(DirectionOf(envelope_, settings));
  mail.archives = context_.archives;
  mail.reference = reference_;
  Budget budget(*context_.clock, settings.scan_budget, progress);
  bindings_.Start(envelope_, reference_);
  Judgement judgement = Judge(snapshot_, mail, budget);
  std::ranges::move(judgement.disputes, std::back_inserter(disputes_));
  RecordHeld(transaction, mail, budget, &judgement);
  judgement.content.microseconds["total"] = total.Microseconds();

  incident::Event event = NewEvent(transaction, "end");
  event.size = message.raw().size();
  FillEvent(judgement, &event);
  bool again = false;
  if (judgement.verdict.action >= Action::kDefer) {
    mail.reference = aftermath_.ReferenceOf(event, disputes_);
    again = mail.reference != event.reference;
    event.reference = mail.reference;
    if (again) DecideAgain(snapshot_, mail, budget, &judgement);
    event.verdict = judgement.verdict;
  }
  if (const Result<void> written = Write(event); !written) {
    const bool held = judgement.verdict.action == Action::kHold;
    judgement.content.faults.push_back(LostEvent(written.error()));
    DecideAgain(snapshot_, mail, budget, &judgement);
    if (!held) RecordHeld(transaction, mail, budget, &judgement);
    event.faults = judgement.content.faults;
    event.verdict = judgement.verdict;
  }
  aftermath_.Record(event, disputes_, again);
  aftermath_.MarkFlow(event, judgement.flow_disputes, judgement.flow_detail);
  aftermath_.Teach(event, envelope_, &bindings_);
  if (judgement.verdict.action <= Action::kHold) {
    Remember(settings, envelope_, judgement.tie, context_.clock->Now(), context_.archives);
  }
  Conclude(std::move(event));
  return Actions(judgement);
}

void Inspection::RecordHeld(const Transaction& transaction, const Case& mail, Budget& budget,
                            Judgement* judgement) {
  if (judgement->verdict.action != Action::kHold) return;
  incident::Event event = NewEvent(transaction, "end");
  FillEvent(*judgement, &event);
  const Result<void> recorded = aftermath_.RecordHeld(event, disputes_);
  if (recorded) return;
  judgement->content.faults.push_back(LostIncident(recorded.error()));
  judgement->can_hold = false;
  DecideAgain(snapshot_, mail, budget, judgement);
}

policy::Verdict Inspection::JudgeFault(const Transaction& transaction, policy::Stage stage,
                                       Fault fault) {
  incident::Event event = NewEvent(transaction, stage == policy::Stage::kMail   ? "mail"
                                                : stage == policy::Stage::kRcpt ? "rcpt"
                                                                                : "end");
  event.checks = mail_checks_;
  event.faults = {std::move(fault)};
  bool can_hold = true;
  const auto decide = [&] {
    policy::Evidence evidence;
    evidence.stage = stage;
    evidence.listener = FactsOf(listener_);
    evidence.checks = event.checks;
    evidence.faults = event.faults;
    evidence.can_hold = can_hold;
    event.verdict = policy::Decide(snapshot_.settings.policy, evidence, reference_);
  };
  decide();
  if (event.verdict.action == Action::kHold) {
    if (const Result<void> recorded = aftermath_.RecordHeld(event, disputes_); !recorded) {
      event.faults.push_back(LostIncident(recorded.error()));
      can_hold = false;
      decide();
    }
  }
  if (const Result<void> written = Write(event); !written) {
    event.faults.push_back(LostEvent(written.error()));
    decide();
  }
  if (stage == policy::Stage::kRcpt) {
    context_.counters->AddRecipient(event);
    context_.log->Info(ToLogLine(event));
  } else {
    aftermath_.Record(event, disputes_);
    Conclude(event);
  }
  return event.verdict;
}

incident::Event Inspection::NewEvent(const Transaction& transaction, std::string_view stage) const {
  return EventOf(snapshot_, listener_, envelope_, transaction, reference_, context_.clock->Now(),
                 stage);
}

EndActions Inspection::Actions(Judgement& judgement) const {
  const policy::Policy& policy = snapshot_.settings.policy;
  EndActions actions;
  actions.verdict = judgement.verdict;
  if (Weakest(policy.mode, listener_.mode) == Mode::kObserve ||
      judgement.verdict.action >= Action::kDefer) {
    return actions;
  }
  for (const mail::HeaderField& field : judgement.content.message.fields) {
    if (strcasecmp(field.name.c_str(), policy.header_name.c_str()) == 0) {
      actions.delete_fields = {field.name};
      break;
    }
  }
  for (const std::string& value : judgement.verdict.headers) {
    actions.add_fields.push_back({policy.header_name, value});
  }
  if (judgement.verdict.action == Action::kHold) actions.hold_reason = "warifu " + reference_;
  if (judgement.edited) {
    actions.change_fields = std::move(judgement.edited->changed_fields);
    // Fields of the sender's that are deleted are not changed; the MTA would add them again.
    std::erase_if(actions.change_fields, [&](const mail::FieldChange& change) {
      return strcasecmp(change.name.c_str(), policy.header_name.c_str()) == 0;
    });
    actions.new_body = std::move(judgement.edited->body);
    actions.replace_body = true;
  }
  return actions;
}

Result<void> Inspection::Write(const incident::Event& event) const {
  Result<void> written = context_.events->Write(event);
  if (!written) {
    context_.counters->AddEventFailure();
    context_.log->Error("event " + reference_ + " was not written: " + written.error().ToString());
  }
  return written;
}

void Inspection::Conclude(incident::Event event) {
  context_.counters->Add(event);
  if (!IsClean(event)) context_.log->Info(ToLogLine(event));
  recorded_ = std::move(event);
}

}  // namespace

std::unique_ptr<MessageInspection> NewInspection(InspectionContext context) {
  return std::make_unique<Inspection>(std::move(context));
}

}  // namespace warifu::app
