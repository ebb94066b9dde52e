#include "policy/decide.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "policy/reply.h"

namespace warifu::policy {
namespace {

// One thing that calls for an action.
struct Call {
  Action action = Action::kAccept;
  Mode mode = Mode::kEnforce;
  std::string reason = {};
  Cause cause = {};
  std::optional<std::size_t> edit = std::nullopt;  // index of the finding to be cut or masked
};

template <typename Key>
Action Configured(const std::map<Key, Action>& table, Key key, Action standard) {
  const auto it = table.find(key);
  return it == table.end() ? standard : it->second;
}

// Outcome of a check's failure where the policy names none.
Action StandardFor(Check check) {
  switch (check) {
    case Check::kDisplay:
    case Check::kSpoof:
      return Action::kTag;
    case Check::kPin:
    case Check::kBreaker:
      return Action::kDefer;
    case Check::kNotice:
    case Check::kFlow:
    case Check::kFanIn:
      return Action::kHold;
    default:
      return Action::kReject;
  }
}

// What is answered when warifu could not tell because of something that may pass.
Action Doubt(const Policy& policy, const Evidence& evidence, Action action) {
  const bool held = action == Action::kDefer && evidence.stage == Stage::kEnd &&
                    evidence.listener.submission && policy.hold_doubt_on_submission &&
                    evidence.can_hold;
  return held ? Action::kHold : action;
}

// What is called for where a refusal would lose the mail.
Action WithoutLoss(const Evidence& evidence, Action action) {
  const bool lost = evidence.own_bounce && evidence.stage != Stage::kMail;
  return lost && action == Action::kReject ? Action::kHold : action;
}

// What can be answered at this stage: MAIL and RCPT know only refusals.
Action AtStage(Stage stage, Action action) {
  return stage == Stage::kEnd || action >= Action::kDefer ? action : Action::kAccept;
}

class Decider {
 public:
  Decider(const Policy& policy, const Evidence& evidence)
      : policy_(policy),
        evidence_(evidence),
        base_mode_(Weakest(policy.mode, evidence.listener.mode)) {
    for (std::size_t i = 0; i < evidence.findings.size(); ++i) AddFinding(i);
    for (const CheckResult& check : evidence.checks) AddCheck(check);
    for (const Fault& fault : evidence.faults) AddFault(fault);
  }

  Verdict Finish(std::string_view reference) {
    for (const Call& call : calls_) {
      verdict_.would = std::max(verdict_.would, call.action);
      if (Enforced(call)) verdict_.action = std::max(verdict_.action, call.action);
    }
    CollectReasons();
    // A mail that is redacted is stripped of what calls for that, too.
    if (verdict_.action == Action::kStrip || verdict_.action == Action::kRedact) {
      for (const Call& call : calls_) {
        if (Enforced(call) && call.edit) verdict_.edit.push_back(*call.edit);
      }
    }
    if (const Call* deciding = Deciding()) {
      verdict_.reply = ReplyFor(verdict_.action, deciding->cause, reference);
    }
    AddHeader(reference);
    return std::move(verdict_);
  }

 private:
  static bool Enforced(const Call& call) { return call.mode == Mode::kEnforce; }

  // `action` is what is called for at the end of the message.
  void Add(std::vector<Action>* would, Action action, Call call) {
    action = WithoutLoss(evidence_, action);
    would->push_back(action);
    call.action = AtStage(evidence_.stage, action);
    call.mode = Weakest(base_mode_, call.mode);
    if (call.action != Action::kAccept) calls_.push_back(std::move(call));
  }

  void Exempt(std::vector<Action>* would, const std::string& name) {
    would->push_back(Action::kAccept);
    exemptions_.push_back("exempt:" + name);
  }

  void AddFinding(std::size_t index) {
    const Finding& finding = evidence_.findings[index];
    if (!finding.ignored.empty()) {
      verdict_.finding_would.push_back(Action::kAccept);
      exemptions_.push_back("ignored:" + finding.rule);
      return;
    }
    if (!evidence_.exemption.empty()) return Exempt(&verdict_.finding_would, evidence_.exemption);
    Action action = finding.action;
    if (finding.ownership == Ownership::kOnlyRecipient) action = Action::kAccept;
    if (finding.ownership == Ownership::kSelfDisclosure) action = policy_.self_disclosure;
    Call call{.mode = finding.mode, .reason = "rule:" + finding.rule, .cause = {.content = true}};
    if (action == Action::kStrip || action == Action::kRedact) {
      if (CanEdit(index)) {
        call.edit = index;
      } else {
        if (index < evidence_.edits.size()) {
          verdict_.finding_why_not.resize(evidence_.findings.size());
          verdict_.finding_why_not[index] = evidence_.edits[index].why_not;
        }
        action = action == Action::kStrip ? policy_.strip_otherwise : policy_.redact_otherwise;
      }
    }
    Add(&verdict_.finding_would, action, std::move(call));
  }

  bool CanEdit(std::size_t index) const {
    return index < evidence_.edits.size() && evidence_.edits[index].possible;
  }

  void AddCheck(const CheckResult& check) {
    if (check.exempt) return Exempt(&verdict_.check_would, check.exemption);
    const Action configured = Configured(policy_.checks, check.check, StandardFor(check.check));
    Action action = Action::kAccept;
    switch (check.outcome) {
      case Outcome::kPass:
      case Outcome::kNotApplicable:
        break;
      case Outcome::kFail:
        // These doubt and do not know: a user's mail program would show an error, or lose the mail.
        action = check.check == Check::kPin || check.check == Check::kBreaker
                     ? Doubt(policy_, evidence_, configured)
                     : configured;
        break;
      case Outcome::kMalformed:
        // A field with two readings cannot be tagged as somebody's; "accept" switches the check
        // off.
        if (configured != Action::kAccept) action = Action::kReject;
        break;
      case Outcome::kUnavailable:
        // Doubt is never answered worse than certainty.
        action = std::min(
            configured, Doubt(policy_, evidence_,
                              Configured(policy_.faults, FaultCause::kDirectory, Action::kDefer)));
        break;
    }
    action = std::min(action, check.at_most);
    const auto mode = policy_.check_modes.find(check.check);
    Call call{
        .mode = mode == policy_.check_modes.end() ? check.mode : Weakest(check.mode, mode->second),
        .reason = "check:" + std::string(ToString(check.check)),
        .cause = {.check = check.check, .outcome = check.outcome}};
    Add(&verdict_.check_would, action, std::move(call));
  }

  void AddFault(const Fault& fault) {
    // An exempt mail may be unreadable; but the checks ask the store, a held mail is found by it,
    // and that its event is lost concerns the operator still.
    const bool content = fault.cause != FaultCause::kEventLog && fault.cause != FaultCause::kStore;
    if (content && !evidence_.exemption.empty()) {
      return Exempt(&verdict_.fault_would, evidence_.exemption);
    }
    Action action;
    if (IsPassing(fault.cause)) {
      action = Doubt(policy_, evidence_, Configured(policy_.faults, fault.cause, Action::kDefer));
    } else {
      const Action standard =
          fault.cause == FaultCause::kUnreadType ? Action::kAccept : Action::kTag;
      action = Configured(policy_.faults, fault.cause, standard);
      // It will not scan better tomorrow.
      if (action == Action::kDefer) action = Action::kHold;
    }
    Call call{.reason = "fault:" + std::string(ToString(fault.cause)),
              .cause = {.fault = fault.cause}};
    Add(&verdict_.fault_would, action, std::move(call));
  }

  // The first call of the action that is done: it answers.
  const Call* Deciding() const {
    if (verdict_.action == Action::kAccept) return nullptr;
    for (const Call& call : calls_) {
      if (Enforced(call) && call.action == verdict_.action) return &call;
    }
    return nullptr;
  }

  void CollectReasons() {
    // Enforced before observed, greater actions first, then the order of the evidence.
    std::vector<std::size_t> order(calls_.size());
    std::iota(order.begin(), order.end(), 0);
    std::ranges::sort(order, [this](std::size_t a, std::size_t b) {
      const auto rank = [this](std::size_t i) {
        return std::pair(Enforced(calls_[i]), calls_[i].action);
      };
      return rank(a) != rank(b) ? rank(a) > rank(b) : a < b;
    });
    const auto add = [this](const std::string& reason) {
      if (std::ranges::find(verdict_.reasons, reason) == verdict_.reasons.end()) {
        verdict_.reasons.push_back(reason);
      }
    };
    for (const std::size_t index : order) add(calls_[index].reason);
    for (const std::string& exemption : exemptions_) add(exemption);
  }

  // The header names a class of reasons, never a rule: recipients may be strangers.
  void AddHeader(std::string_view reference) {
    const Action action = verdict_.action;
    if (action == Action::kAccept || action >= Action::kDefer) return;
    bool content = false, binding = false, unscanned = false;
    for (const Call& call : calls_) {
      if (!Enforced(call)) continue;
      content |= call.cause.content;
      binding |= call.cause.check.has_value();
      unscanned |= call.cause.fault.has_value();
    }
    std::string classes;
    const auto add = [&classes](bool on, std::string_view word) {
      if (on) classes.append(classes.empty() ? "" : ",").append(word);
    };
    add(content, "content");
    add(binding, "binding");
    add(unscanned, "unscanned");
    verdict_.headers.push_back(std::string(ToString(action)) + "; class=" + classes +
                               "; reference=" + std::string(reference));
  }

  const Policy& policy_;
  const Evidence& evidence_;
  const Mode base_mode_;
  std::vector<Call> calls_;
  std::vector<std::string> exemptions_;
  Verdict verdict_;
};

}  // namespace

Verdict Decide(const Policy& policy, const Evidence& evidence, std::string_view reference) {
  return Decider(policy, evidence).Finish(reference);
}

}  // namespace warifu::policy
