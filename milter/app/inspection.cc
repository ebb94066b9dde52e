#include "app/inspection.h"

#include <strings.h>

#include <algorithm>
#include <new>

#include "app/envelope.h"
#include "app/judge.h"
#include "app/reference.h"
#include "base/redact.h"

namespace warifu::app {
namespace {

class Inspection final : public MessageInspection {
 public:
  explicit Inspection(InspectionContext context)
      : context_(std::move(context)), snapshot_(*context_.snapshot), reference_(MakeReference()) {}

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
  EndActions JudgeEnd(const Transaction& transaction, const mail::MessageBuffer& message,
                      const std::function<bool()>& progress);
  // What is left when warifu itself failed: a verdict on that fault alone.
  policy::Verdict JudgeFault(const Transaction& transaction, policy::Stage stage, Fault fault);
  incident::Event NewEvent(const Transaction& transaction, std::string_view stage) const;
  void FillEvent(const Judgement& judgement, incident::Event* event) const;
  EndActions Actions(Judgement& judgement) const;
  // Writes the event; what fails is counted and logged, and the caller's to judge.
  Result<void> Write(const incident::Event& event) const;
  // The verdict stands: counts it, logs it, keeps its event for Failed().
  void Conclude(incident::Event event);

  const InspectionContext context_;
  const Snapshot& snapshot_;
  const std::string reference_;
  Listener listener_;
  Envelope envelope_;
  std::vector<CheckResult> mail_checks_;
  policy::Verdict mail_verdict_;
  Transaction at_mail_;       // for the event of a message that is given up
  bool open_ = false;         // MAIL has passed, no end came yet
  incident::Event recorded_;  // the last event
};

policy::ListenerFacts FactsOf(const Listener& listener) {
  return {.name = listener.name, .mode = listener.mode, .submission = listener.submission};
}

Fault LostEvent(const Error& error) {
  return {FaultCause::kEventLog, "", "the event was not written: " + error.ToString()};
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
    event.verdict = mail_verdict_;
    std::ignore = Write(event);
    Conclude(std::move(event));
  } catch (...) {
    context_.counters->AddEventFailure();
  }
}

policy::Verdict Inspection::Mail(const Transaction& transaction) {
  try {
    return Guarded([&] { return JudgeMail(transaction); },
                   [&](Fault fault) {
                     return JudgeFault(transaction, policy::Stage::kMail, std::move(fault));
                   });
  } catch (...) {
    return LastResort();
  }
}

policy::Verdict Inspection::Rcpt(const Transaction&, std::string_view) {
  // No check of this release answers for a single recipient.
  return {};
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
    verdict.action = Action::kDefer;
    verdict.would = std::max(verdict.would, Action::kDefer);
    verdict.fault_would.resize(event.faults.size(), Action::kDefer);
    verdict.reply = {};
    verdict.reasons.insert(verdict.reasons.begin(), "fault:resources");
    context_.counters->AddFault(FaultCause::kResources);
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
  if (!transaction.auth_login.empty()) {
    envelope_.account = binding::AccountOf(transaction.auth_login, settings.binding.realm);
  }
}

policy::Verdict Inspection::JudgeMail(const Transaction& transaction) {
  Begin(transaction);
  const Result<Address> sender = ParsePath(transaction.sender, snapshot_.settings.binding.address);
  envelope_.sender = sender.value_or(kUnreadable);
  mail_checks_ = CheckAtMail(snapshot_, listener_.require_account, envelope_, sender);

  policy::Evidence evidence;
  evidence.stage = policy::Stage::kMail;
  evidence.listener = FactsOf(listener_);
  evidence.checks = mail_checks_;
  mail_verdict_ = policy::Decide(snapshot_.settings.policy, evidence, reference_);
  if (mail_verdict_.action == Action::kAccept) {
    at_mail_ = transaction;
    open_ = true;
    return mail_verdict_;
  }
  incident::Event event = NewEvent(transaction, "mail");
  event.checks = mail_checks_;
  event.verdict = mail_verdict_;
  // It is refused in any case: an event that is lost is counted and logged, no more.
  std::ignore = Write(event);
  Conclude(std::move(event));
  return mail_verdict_;
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
  mail.earlier = mail_checks_;
  mail.raw = message.raw();
  mail.body_begin = message.body_begin();
  mail.truncated = message.truncated();
  mail.head_truncated = message.head_truncated();
  mail.scan = settings.scan_directions.contains(DirectionOf(envelope_, settings));
  mail.reference = reference_;
  Budget budget(*context_.clock, settings.scan_budget, progress);
  Judgement judgement = Judge(snapshot_, mail, budget);
  judgement.content.microseconds["total"] = total.Microseconds();

  incident::Event event = NewEvent(transaction, "end");
  event.size = message.raw().size();
  FillEvent(judgement, &event);
  if (const Result<void> written = Write(event); !written) {
    judgement.content.faults.push_back(LostEvent(written.error()));
    DecideAgain(snapshot_, mail, budget, &judgement);
    event.faults = judgement.content.faults;
    event.verdict = judgement.verdict;
  }
  Conclude(std::move(event));
  return Actions(judgement);
}

policy::Verdict Inspection::JudgeFault(const Transaction& transaction, policy::Stage stage,
                                       Fault fault) {
  incident::Event event = NewEvent(transaction, stage == policy::Stage::kMail ? "mail" : "end");
  event.checks = mail_checks_;
  event.faults = {std::move(fault)};
  const auto decide = [&] {
    policy::Evidence evidence;
    evidence.stage = stage;
    evidence.listener = FactsOf(listener_);
    evidence.checks = event.checks;
    evidence.faults = event.faults;
    event.verdict = policy::Decide(snapshot_.settings.policy, evidence, reference_);
  };
  decide();
  if (const Result<void> written = Write(event); !written) {
    event.faults.push_back(LostEvent(written.error()));
    decide();
  }
  Conclude(event);
  return event.verdict;
}

incident::Event Inspection::NewEvent(const Transaction& transaction, std::string_view stage) const {
  incident::Event event;
  event.time = context_.clock->Now();
  event.stage = stage;
  event.queue_id = transaction.queue_id;
  event.reference = reference_;
  event.listener = listener_.name;
  event.direction = DirectionOf(envelope_, snapshot_.settings);
  event.account = envelope_.account;
  event.client_address = transaction.session.client_address;
  event.client_name = transaction.session.client_name;
  event.helo = transaction.session.helo;
  // As handed over where it is no address.
  const auto shown = [](const Address& address, const std::string& path) {
    return address == kUnreadable ? path : address.empty() ? "" : address.ToString();
  };
  event.sender = shown(envelope_.sender, transaction.sender);
  for (std::size_t i = 0; i < transaction.recipients.size(); ++i) {
    const Address& address =
        i < envelope_.recipients.size() ? envelope_.recipients[i] : kUnreadable;
    event.recipients.push_back(shown(address, transaction.recipients[i]));
  }
  event.mode = Weakest(snapshot_.settings.policy.mode, listener_.mode);
  event.rules_version = snapshot_.rules->version();
  return event;
}

void Inspection::FillEvent(const Judgement& judgement, incident::Event* event) const {
  const Content& content = judgement.content;
  event->authors = judgement.authors;
  event->message_id = judgement.message_id;
  event->checks = judgement.checks;
  event->findings = content.findings;
  event->faults = content.faults;
  event->attachments = content.attachments;
  event->microseconds = content.microseconds;
  event->verdict = judgement.verdict;
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
