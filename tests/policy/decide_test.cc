// Decide(): a table of cases, one line each, and the properties that hold for all of them.
#include "policy/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

namespace warifu::policy {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr std::string_view kReference = "k3f9-27qm";

Finding Found(Action action, Mode mode = Mode::kEnforce,
              Ownership ownership = Ownership::kUnknown) {
  Finding finding;
  finding.rule = "some-rule";
  finding.action = action;
  finding.mode = mode;
  finding.ownership = ownership;
  return finding;
}

CheckResult Checked(Check check, Outcome outcome, Mode mode = Mode::kEnforce) {
  CheckResult result;
  result.check = check;
  result.outcome = outcome;
  result.mode = mode;
  return result;
}

// Evidence that owns what it points to.
struct Case {
  std::string name;
  std::vector<Finding> findings = {};
  std::vector<CheckResult> checks = {};
  Faults faults = {};
  Action action = Action::kAccept;
  Action would = Action::kAccept;
  int code = 0;
  std::string enhanced = {};
  Stage stage = Stage::kEnd;
  bool submission = false;
  Mode global = Mode::kEnforce;
  Mode listener = Mode::kEnforce;
  std::string exemption = {};
  std::vector<EditFact> edits = {};
  bool own_bounce = false;
  bool can_hold = true;
};

Verdict DecideOn(const Case& c, Policy policy = {}) {
  policy.mode = c.global;
  Evidence evidence;
  evidence.stage = c.stage;
  evidence.listener = {.name = "test", .mode = c.listener, .submission = c.submission};
  evidence.findings = c.findings;
  evidence.checks = c.checks;
  evidence.faults = c.faults;
  evidence.edits = c.edits;
  evidence.exemption = c.exemption;
  evidence.own_bounce = c.own_bounce;
  evidence.can_hold = c.can_hold;
  return Decide(policy, evidence, kReference);
}

void Expect(const Case& c, const Policy& policy = {}) {
  SCOPED_TRACE(c.name);
  const Verdict verdict = DecideOn(c, policy);
  EXPECT_EQ(ToString(verdict.action), ToString(c.action));
  EXPECT_EQ(ToString(verdict.would), ToString(c.would));
  EXPECT_EQ(verdict.reply.code, c.code);
  EXPECT_EQ(verdict.reply.enhanced, c.enhanced);
}

using enum Action;

TEST(Decide, Findings) {
  const Mode kObserve = Mode::kObserve;
  for (const Case& c : std::vector<Case>{
           {.name = "nothing", .action = kAccept, .would = kAccept},
           {.name = "accept", .findings = {Found(kAccept)}, .action = kAccept, .would = kAccept},
           {.name = "tag", .findings = {Found(kTag)}, .action = kTag, .would = kTag},
           {.name = "hold", .findings = {Found(kHold)}, .action = kHold, .would = kHold},
           {.name = "defer by rule",
            .findings = {Found(kDefer)},
            .action = kDefer,
            .would = kDefer,
            .code = 451,
            .enhanced = "4.7.1"},
           {.name = "a rule's own defer is no doubt, so it is not held on submission",
            .findings = {Found(kDefer)},
            .action = kDefer,
            .would = kDefer,
            .code = 451,
            .enhanced = "4.7.1",
            .submission = true},
           {.name = "reject",
            .findings = {Found(kReject)},
            .action = kReject,
            .would = kReject,
            .code = 550,
            .enhanced = "5.7.1"},
           {.name = "greatest wins",
            .findings = {Found(kTag), Found(kHold), Found(kTag)},
            .action = kHold,
            .would = kHold},
           {.name = "observed rule",
            .findings = {Found(kReject, kObserve)},
            .action = kAccept,
            .would = kReject},
           {.name = "the greatest enforced one wins over a greater observed one",
            .findings = {Found(kReject, kObserve), Found(kTag)},
            .action = kTag,
            .would = kReject},
           {.name = "observed globally",
            .findings = {Found(kHold)},
            .action = kAccept,
            .would = kHold,
            .global = kObserve},
           {.name = "observed on the listener",
            .findings = {Found(kHold)},
            .action = kAccept,
            .would = kHold,
            .listener = kObserve},
           {.name = "the owner is the only recipient",
            .findings = {Found(kReject, Mode::kEnforce, Ownership::kOnlyRecipient)},
            .action = kAccept,
            .would = kAccept},
           {.name = "self-disclosure has its own outcome",
            .findings = {Found(kReject, Mode::kEnforce, Ownership::kSelfDisclosure)},
            .action = kTag,
            .would = kTag},
           {.name = "a stranger's record is the rule's",
            .findings = {Found(kHold, Mode::kEnforce, Ownership::kStranger)},
            .action = kHold,
            .would = kHold},
           {.name = "exempt",
            .findings = {Found(kReject)},
            .action = kAccept,
            .would = kAccept,
            .exemption = "newsletter"},
           {.name = "strip that can be done",
            .findings = {Found(kStrip)},
            .action = kStrip,
            .would = kStrip,
            .edits = {{.possible = true}}},
           {.name = "strip that cannot be done",
            .findings = {Found(kStrip)},
            .action = kHold,
            .would = kHold,
            .edits = {{.possible = false, .why_not = "signed"}}},
           {.name = "one of two cannot be stripped",
            .findings = {Found(kStrip), Found(kStrip)},
            .action = kHold,
            .would = kHold,
            .edits = {{.possible = true}, {.possible = false}}},
           {.name = "nothing is known about stripping",
            .findings = {Found(kStrip)},
            .action = kHold,
            .would = kHold},
           {.name = "redact that can be done",
            .findings = {Found(kRedact)},
            .action = kRedact,
            .would = kRedact,
            .edits = {{.possible = true}}},
           {.name = "redact that cannot be done",
            .findings = {Found(kRedact)},
            .action = kHold,
            .would = kHold,
            .edits = {{.possible = false, .why_not = "signed"}}},
           {.name = "redact is more than strip, and less than hold",
            .findings = {Found(kStrip), Found(kRedact), Found(kTag)},
            .action = kRedact,
            .would = kRedact,
            .edits = {{.possible = true}, {.possible = true}, {}}},
           {.name = "nothing is known about redacting, and it must not pass",
            .findings = {Found(kRedact)},
            .action = kHold,
            .would = kHold},
       }) {
    Expect(c);
  }
}

TEST(Decide, AnIgnoredFindingCallsForNothingAndIsNamed) {
  std::vector<Finding> findings = {Found(kReject), Found(kTag)};
  findings[0].ignored = "known";
  Evidence evidence;
  evidence.findings = findings;
  Policy policy;
  policy.mode = Mode::kEnforce;
  const Verdict verdict = Decide(policy, evidence, kReference);
  EXPECT_EQ(verdict.action, kTag);
  EXPECT_EQ(verdict.would, kTag);
  EXPECT_EQ(verdict.finding_would, (std::vector{kAccept, kTag}));
  EXPECT_EQ(verdict.reasons, (std::vector<std::string>{"rule:some-rule", "ignored:some-rule"}));
}

TEST(Decide, ChecksAtMail) {
  for (const Case& c : std::vector<Case>{
           {.name = "pass",
            .checks = {Checked(Check::kSession, Outcome::kPass),
                       Checked(Check::kSender, Outcome::kPass)},
            .action = kAccept,
            .would = kAccept},
           {.name = "not applicable",
            .checks = {Checked(Check::kSender, Outcome::kNotApplicable)},
            .action = kAccept,
            .would = kAccept},
           {.name = "no account",
            .checks = {Checked(Check::kSession, Outcome::kFail)},
            .action = kReject,
            .would = kReject,
            .code = 530,
            .enhanced = "5.7.0"},
           {.name = "two accounts",
            .checks = {Checked(Check::kSession, Outcome::kUnavailable)},
            .action = kDefer,
            .would = kDefer,
            .code = 451,
            .enhanced = "4.7.1"},
           {.name = "not the owner",
            .checks = {Checked(Check::kSender, Outcome::kFail)},
            .action = kReject,
            .would = kReject,
            .code = 553,
            .enhanced = "5.7.1"},
           {.name = "not an address",
            .checks = {Checked(Check::kSender, Outcome::kMalformed)},
            .action = kReject,
            .would = kReject,
            .code = 553,
            .enhanced = "5.1.7"},
           {.name = "directory is down; a user reads the text, so it is 451 on submission too",
            .checks = {Checked(Check::kSender, Outcome::kUnavailable)},
            .action = kDefer,
            .would = kDefer,
            .code = 451,
            .enhanced = "4.3.0",
            .submission = true},
           {.name = "observed check",
            .checks = {Checked(Check::kSender, Outcome::kFail, Mode::kObserve)},
            .action = kAccept,
            .would = kReject},
       }) {
    Case at_mail = c;
    at_mail.stage = Stage::kMail;
    Expect(at_mail);
  }
}

TEST(Decide, ChecksAtEnd) {
  for (const Case& c : std::vector<Case>{
           {.name = "author",
            .checks = {Checked(Check::kAuthor, Outcome::kFail)},
            .action = kReject,
            .would = kReject,
            .code = 550,
            .enhanced = "5.7.1"},
           {.name = "malformed author",
            .checks = {Checked(Check::kAuthor, Outcome::kMalformed)},
            .action = kReject,
            .would = kReject,
            .code = 550,
            .enhanced = "5.6.0"},
           {.name = "display",
            .checks = {Checked(Check::kDisplay, Outcome::kFail)},
            .action = kTag,
            .would = kTag},
           {.name = "directory is down, from an MTA",
            .checks = {Checked(Check::kAuthor, Outcome::kUnavailable)},
            .action = kDefer,
            .would = kDefer,
            .code = 451,
            .enhanced = "4.3.0"},
           {.name = "directory is down, from a user: the MTA has the mail",
            .checks = {Checked(Check::kAuthor, Outcome::kUnavailable)},
            .action = kHold,
            .would = kHold,
            .submission = true},
           {.name = "doubt of a check that would only tag",
            .checks = {Checked(Check::kDisplay, Outcome::kUnavailable)},
            .action = kTag,
            .would = kTag},
           {.name = "certainty wins over doubt",
            .checks = {Checked(Check::kAuthor, Outcome::kFail),
                       Checked(Check::kSender, Outcome::kUnavailable)},
            .action = kReject,
            .would = kReject,
            .code = 550,
            .enhanced = "5.7.1"},
       }) {
    Expect(c);
  }
}

TEST(Decide, FaultsOfEachCause) {
  for (const FaultCause cause : kAllFaultCauses) {
    const bool passing = IsPassing(cause);
    const Action standard = passing ? kDefer : cause == FaultCause::kUnreadType ? kAccept : kTag;
    Expect({.name = "from an MTA: " + std::string(ToString(cause)),
            .faults = {{.cause = cause}},
            .action = standard,
            .would = standard,
            .code = passing ? 451 : 0,
            .enhanced = passing ? "4.3.0" : ""});
    const Action on_submission = passing ? kHold : standard;
    Expect({.name = "from a user: " + std::string(ToString(cause)),
            .faults = {{.cause = cause}},
            .action = on_submission,
            .would = on_submission,
            .submission = true});
    Expect({.name = "observed: " + std::string(ToString(cause)),
            .faults = {{.cause = cause}},
            .action = kAccept,
            .would = standard,
            .global = Mode::kObserve});

    // A temporary failure is never the answer to what will not scan better tomorrow.
    Policy defer_all;
    defer_all.faults[cause] = kDefer;
    const Verdict verdict = DecideOn({.name = "", .faults = {{.cause = cause}}}, defer_all);
    EXPECT_EQ(verdict.action, passing ? kDefer : kHold) << ToString(cause);

    Policy reject_all;
    reject_all.faults[cause] = kReject;
    const Verdict refused = DecideOn({.name = "", .faults = {{.cause = cause}}}, reject_all);
    EXPECT_EQ(refused.action, kReject);
    EXPECT_EQ(refused.reply.code / 100, 5) << ToString(cause);
    EXPECT_TRUE(refused.reply.enhanced.starts_with("5.")) << ToString(cause);
  }
}

TEST(Decide, DoubtOnSubmissionIsDeferredWhereSoConfigured) {
  Policy policy;
  policy.hold_doubt_on_submission = false;
  Expect({.name = "not held",
          .faults = {{.cause = FaultCause::kTimeout}},
          .action = kDefer,
          .would = kDefer,
          .code = 451,
          .enhanced = "4.3.0",
          .submission = true},
         policy);
}

TEST(Decide, WhatMailCannotAnswerIsDecidedAtTheEnd) {
  Policy policy;
  policy.checks[Check::kSender] = kHold;
  Case c{.name = "hold the sender's mail",
         .checks = {Checked(Check::kSender, Outcome::kFail)},
         .action = kAccept,
         .would = kAccept,
         .stage = Stage::kMail};
  Expect(c, policy);
  c.stage = Stage::kEnd;
  c.action = c.would = kHold;
  Expect(c, policy);
}

TEST(Decide, ANoticeOfTheMtaIsHeldAndNotLost) {
  Case c{.name = "bounce",
         .findings = {Found(kReject)},
         .action = kHold,
         .would = kHold,
         .own_bounce = true};
  Expect(c);
  c.stage = Stage::kMail;
  c.findings.clear();
  c.checks = {Checked(Check::kSession, Outcome::kFail)};
  c.action = c.would = kReject;
  c.code = 530;
  c.enhanced = "5.7.0";
  Expect(c);
}

TEST(Decide, AtRcptABounceOfOurOwnIsLetThroughToItsEnd) {
  Case c{.name = "locked recipient", .checks = {Checked(Check::kLock, Outcome::kFail)}};
  c.stage = Stage::kRcpt;
  c.action = c.would = kReject;
  c.code = 550;
  c.enhanced = "5.7.1";
  Expect(c);
  c.own_bounce = true;
  c.action = c.would = kAccept;
  c.code = 0;
  c.enhanced = "";
  Expect(c);
}

TEST(Decide, DoubtAboutAnOwnerIsDeferredAndAtTheEndOfAUsersMailHeld) {
  for (const Check check : {Check::kPin, Check::kBreaker}) {
    Case c{.name = std::string(ToString(check)), .checks = {Checked(check, Outcome::kFail)}};
    c.action = c.would = kDefer;
    c.code = 451;
    c.enhanced = "4.7.1";
    for (const Stage stage : {Stage::kMail, Stage::kRcpt, Stage::kEnd}) {
      c.stage = stage;
      Expect(c);
      EXPECT_THAT(DecideOn(c).reply.text, HasSubstr("administrator"));
    }
    c.submission = true;
    c.stage = Stage::kRcpt;
    Expect(c);
    c.stage = Stage::kEnd;
    c.can_hold = false;  // nobody could find it
    Expect(c);
    c.can_hold = true;
    c.action = c.would = kHold;
    c.code = 0;
    c.enhanced = "";
    Expect(c);
    Policy certain;
    certain.checks = {{check, kReject}};
    c.action = c.would = kReject;
    c.code = 550;
    c.enhanced = "5.7.1";
    Expect(c, certain);
  }
}

TEST(Decide, ModeOfACheckComesFromThePolicyToo) {
  Policy policy;
  policy.check_modes[Check::kAuthor] = Mode::kObserve;
  Expect(
      {.name = "author observed, sender enforced",
       .checks = {Checked(Check::kAuthor, Outcome::kFail), Checked(Check::kSender, Outcome::kFail)},
       .action = kReject,
       .would = kReject,
       .code = 553,
       .enhanced = "5.7.1"},
      policy);
}

TEST(Decide, ACheckThatIsSwitchedOffNeverActs) {
  for (const Outcome outcome : {Outcome::kFail, Outcome::kMalformed, Outcome::kUnavailable}) {
    Policy policy;
    policy.checks[Check::kAuthor] = kAccept;
    Expect({.name = std::string(ToString(outcome)),
            .checks = {Checked(Check::kAuthor, outcome)},
            .action = kAccept,
            .would = kAccept},
           policy);
  }
}

TEST(Decide, ACheckMaySayWhatIsTheMostThatIsDoneAboutIt) {
  CheckResult reply_to = Checked(Check::kAuthor, Outcome::kFail);
  reply_to.at_most = kTag;
  Case c{.name = "Reply-To", .checks = {reply_to}, .action = kTag, .would = kTag};
  Expect(c);
  c.checks[0].outcome = Outcome::kMalformed;
  Expect(c);
  c.checks[0].outcome = Outcome::kUnavailable;
  Expect(c);
}

TEST(Decide, SelfDisclosureAsConfigured) {
  Policy policy;
  policy.self_disclosure = kStrip;
  policy.strip_otherwise = kReject;
  Case c{.name = "strip",
         .findings = {Found(kTag, Mode::kEnforce, Ownership::kSelfDisclosure)},
         .action = kStrip,
         .would = kStrip,
         .edits = {{.possible = true}}};
  Expect(c, policy);
  c.edits[0].possible = false;
  c.action = c.would = kReject;
  c.code = 550;
  c.enhanced = "5.7.1";
  Expect(c, policy);
}

TEST(Decide, StripListHoldsWhatIsCutAndNothingElse) {
  Case c{.name = "",
         .findings = {Found(kTag), Found(kStrip), Found(kStrip, Mode::kObserve), Found(kStrip)},
         .edits = {{.possible = true}, {.possible = true}, {.possible = true}, {.possible = true}}};
  EXPECT_THAT(DecideOn(c).edit, ElementsAre(1, 3));
  // A greater action leaves the mail whole.
  c.findings.push_back(Found(kHold));
  EXPECT_EQ(DecideOn(c).action, kHold);
  EXPECT_THAT(DecideOn(c).edit, IsEmpty());
}

TEST(Decide, HeaderNamesActionClassAndReferenceOnly) {
  Case c{.name = "",
         .findings = {Found(kTag)},
         .checks = {Checked(Check::kDisplay, Outcome::kFail)},
         .faults = {{.cause = FaultCause::kEncrypted, .part = "1.2", .detail = "PGP"}}};
  EXPECT_THAT(DecideOn(c).headers,
              ElementsAre("tag; class=content,binding,unscanned; reference=k3f9-27qm"));
  c.global = Mode::kObserve;
  EXPECT_THAT(DecideOn(c).headers, IsEmpty());
}

TEST(Decide, ReasonsComeDecidingFirstAndOnce) {
  Case c{.name = "",
         .findings = {Found(kTag), Found(kTag), Found(kReject, Mode::kObserve)},
         .checks = {Checked(Check::kDisplay, Outcome::kFail),
                    Checked(Check::kAuthor, Outcome::kFail)}};
  c.findings[2].rule = "observed-rule";
  EXPECT_THAT(DecideOn(c).reasons,
              ElementsAre("check:author", "rule:some-rule", "check:display", "rule:observed-rule"));
}

TEST(Decide, ExemptionsAreNamedAndNarrow) {
  Case c{.name = "",
         .findings = {Found(kReject)},
         .checks = {Checked(Check::kAuthor, Outcome::kFail)},
         .faults = {{.cause = FaultCause::kEncrypted}},
         .exemption = "newsletter"};
  Verdict verdict = DecideOn(c);
  EXPECT_EQ(verdict.action, kReject) << "content is exempt, the author is not";
  EXPECT_THAT(verdict.reasons, ElementsAre("check:author", "exempt:newsletter"));
  c.checks[0].exempt = true;
  c.checks[0].exemption = "printers";
  verdict = DecideOn(c);
  EXPECT_EQ(verdict.would, kAccept);
  EXPECT_THAT(verdict.reasons, ElementsAre("exempt:newsletter", "exempt:printers"));
  // An event that is lost concerns exempt mail as well, and so does a check that could not ask.
  for (const FaultCause cause : kAllFaultCauses) {
    const bool content = cause != FaultCause::kEventLog && cause != FaultCause::kStore;
    c.faults = {{.cause = cause}};
    EXPECT_EQ(DecideOn(c).action, content ? kAccept : kDefer) << ToString(cause);
  }
}

TEST(Decide, EachPieceOfEvidenceSaysWhatItCallsFor) {
  const Case c{.name = "",
               .findings = {Found(kTag), Found(kReject, Mode::kObserve)},
               .checks = {Checked(Check::kSession, Outcome::kPass),
                          Checked(Check::kDisplay, Outcome::kFail)},
               .faults = {{.cause = FaultCause::kTimeout}},
               .global = Mode::kObserve};
  const Verdict verdict = DecideOn(c);
  EXPECT_THAT(verdict.finding_would, ElementsAre(kTag, kReject));
  EXPECT_THAT(verdict.check_would, ElementsAre(kAccept, kTag));
  EXPECT_THAT(verdict.fault_would, ElementsAre(kDefer));
}

// What must hold for any evidence.
TEST(Decide, Properties) {
  std::mt19937 random(20260101);
  const auto pick = [&random](int n) { return static_cast<int>(random() % n); };
  for (int round = 0; round < 20'000; ++round) {
    Case c{.name = ""};
    for (int i = pick(4); i > 0; --i) {
      c.findings.push_back(Found(static_cast<Action>(pick(7)), static_cast<Mode>(pick(2)),
                                 static_cast<Ownership>(pick(4))));
      c.edits.push_back({.possible = pick(2) == 1});
    }
    for (int i = pick(4); i > 0; --i) {
      c.checks.push_back(Checked(static_cast<Check>(pick(7)), static_cast<Outcome>(pick(5)),
                                 static_cast<Mode>(pick(2))));
      c.checks.back().exempt = pick(5) == 0;
    }
    for (int i = pick(3); i > 0; --i) {
      c.faults.push_back({.cause = kAllFaultCauses[static_cast<std::size_t>(
                              pick(static_cast<int>(kAllFaultCauses.size())))]});
    }
    c.stage = static_cast<Stage>(pick(3));
    c.submission = pick(2) == 1;
    c.own_bounce = pick(4) == 0;
    c.global = static_cast<Mode>(pick(2));
    c.listener = static_cast<Mode>(pick(2));
    Policy policy;
    policy.self_disclosure = static_cast<Action>(pick(7));
    const Verdict verdict = DecideOn(c, policy);

    ASSERT_LE(verdict.action, verdict.would);
    if (c.global == Mode::kObserve || c.listener == Mode::kObserve) {
      ASSERT_EQ(verdict.action, kAccept);
    }
    if (c.own_bounce && c.stage == Stage::kEnd) {
      ASSERT_NE(verdict.action, kReject);
    }
    if (c.stage != Stage::kEnd) {
      ASSERT_TRUE(verdict.action == kAccept || verdict.action >= kDefer);
    }
    const int expected_class = verdict.action == kReject ? 5 : verdict.action == kDefer ? 4 : 0;
    ASSERT_EQ(verdict.reply.code / 100, expected_class);
    if (expected_class != 0) {
      ASSERT_EQ(verdict.reply.enhanced[0] - '0', expected_class);
      ASSERT_THAT(verdict.reply.text, HasSubstr(kReference));
      ASSERT_THAT(verdict.reply.text, Not(HasSubstr("some-rule")));
      ASSERT_TRUE(std::isalpha(static_cast<unsigned char>(verdict.reply.text[0])));
      for (const char ch : verdict.reply.text) ASSERT_TRUE(ch >= ' ' && ch <= '~');
      ASSERT_LT(verdict.reply.text.size(), 200u);
    }
    ASSERT_EQ(verdict.action == kStrip || verdict.action == kRedact, !verdict.edit.empty());
    ASSERT_EQ(verdict.finding_would.size(), c.findings.size());
    ASSERT_EQ(verdict.check_would.size(), c.checks.size());
    ASSERT_EQ(verdict.fault_would.size(), c.faults.size());
    for (std::size_t i : verdict.edit) ASSERT_TRUE(c.edits[i].possible);
    ASSERT_EQ(verdict.would == kAccept,
              verdict.reasons.empty() || verdict.reasons[0].starts_with("exempt:"));
  }
}

}  // namespace
}  // namespace warifu::policy
