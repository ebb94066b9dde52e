// Pin, case by case: every row of the table in pin.h.
#include "binding/pin.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace warifu::binding {
namespace {

using store::Accounts;
using store::AddressRecord;
using store::Change;
using store::DisputeKind;
using ::testing::HasSubstr;

constexpr WallTime kNow{std::chrono::seconds(1'780'000'000)};

Owners Found(Accounts accounts) {
  return {.status = Lookup::kFound, .accounts = std::move(accounts)};
}
Owners ByDomain(Accounts accounts) {
  return {.status = Lookup::kFound, .accounts = std::move(accounts), .by_domain = true};
}
Owners Stale(Accounts accounts) {
  Owners owners = Found(std::move(accounts));
  owners.stale = true;
  return owners;
}
Owners Gone() {
  return {};
}
Owners Silent() {
  return {.status = Lookup::kTryLater, .detail = "timed out"};
}
Owners Broken() {
  return {.status = Lookup::kMisconfigured, .detail = "no such table"};
}

AddressRecord Proven(const Accounts& accounts) {
  AddressRecord record;
  for (const std::string& account : accounts) record.proven.push_back({account, kNow, "mail", ""});
  return record;
}
AddressRecord Released(const Accounts& accounts, std::chrono::seconds ago) {
  AddressRecord record = Proven(accounts);
  record.released = kNow - ago;
  return record;
}
AddressRecord DisputedBy(DisputeKind kind, const Accounts& accounts) {
  AddressRecord record = Proven(accounts);
  record.dispute = {kind, kNow - std::chrono::hours(1), "k3f9z-27qm1", "why"};
  return record;
}

Change Announced(std::int64_t id, std::string from, std::string to) {
  Change change;
  change.id = id;
  change.from = std::move(from);
  change.to = std::move(to);
  change.reference = "T-1";
  return change;
}

struct Case {
  std::string name;
  Owners directory;
  AddressRecord record;
  std::vector<Change> changes = {};
  PinCase which = PinCase::kNotBound;
  Outcome outcome = Outcome::kPass;
  PinWrite write = PinWrite::kNothing;
  PinLesson lesson = PinLesson::kNothing;
  Accounts before = {};
  Accounts after = {};
  std::int64_t change = 0;
  PinOptions options = {};
  Action at_most = Action::kReject;
};

void Expect(const Case& c) {
  SCOPED_TRACE(c.name);
  const PinAnswer answer = JudgePin({c.directory, c.record, c.changes}, c.options, kNow);
  EXPECT_EQ(ToString(answer.which), ToString(c.which));
  EXPECT_EQ(ToString(answer.outcome), ToString(c.outcome));
  EXPECT_EQ(answer.write, c.write);
  EXPECT_EQ(answer.lesson, c.lesson);
  EXPECT_EQ(answer.before, c.before);
  EXPECT_EQ(answer.after, c.after);
  EXPECT_EQ(answer.change, c.change);
  EXPECT_EQ(answer.at_most, c.at_most);
  if (answer.outcome != Outcome::kPass) {
    EXPECT_FALSE(answer.reason.empty());
  }
}

const PinOptions kImport{.first_use = false};
const PinOptions kStrict{.first_use = false, .unproven = Action::kDefer};
constexpr std::chrono::days kCoolOff(180);

TEST(Pin, NotInTheDirectory) {
  Expect({.name = "nobody knows it", .directory = Gone(), .record = {}});
  Expect({.name = "released",
          .directory = Gone(),
          .record = Proven({"a"}),
          .which = PinCase::kReleased,
          .write = PinWrite::kMarkReleased,
          .before = {"a"}});
  Expect({.name = "released before",
          .directory = Gone(),
          .record = Released({"a"}, std::chrono::days(1)),
          .which = PinCase::kReleased,
          .before = {"a"}});
  Expect({.name = "disputed and gone is no agreement",
          .directory = Gone(),
          .record = DisputedBy(DisputeKind::kPin, {"a"}),
          .which = PinCase::kDisputed,
          .outcome = Outcome::kFail,
          .before = {"a"}});
}

TEST(Pin, WithoutARow) {
  Expect({.name = "enrolled at first use",
          .directory = Found({"a", "b"}),
          .record = {},
          .which = PinCase::kNew,
          .lesson = PinLesson::kEnrol,
          .after = {"a", "b"}});
  Expect({.name = "import only: passes, teaches nothing",
          .directory = Found({"a"}),
          .record = {},
          .which = PinCase::kNew,
          .after = {"a"},
          .options = kImport});
  Expect({.name = "import only, strict",
          .directory = Found({"a"}),
          .record = {},
          .which = PinCase::kNew,
          .outcome = Outcome::kFail,
          .after = {"a"},
          .options = kStrict,
          .at_most = Action::kDefer});
  Expect({.name = "a row for the whole domain never enrols",
          .directory = ByDomain({"a"}),
          .record = {},
          .which = PinCase::kByDomain});
}

TEST(Pin, ASharedOwnerPassesAndTheDifferenceIsALesson) {
  Expect({.name = "same",
          .directory = Found({"a"}),
          .record = Proven({"a"}),
          .which = PinCase::kSame,
          .before = {"a"}});
  Expect({.name = "one more",
          .directory = Found({"a", "b"}),
          .record = Proven({"a"}),
          .which = PinCase::kDiffers,
          .lesson = PinLesson::kMove,
          .before = {"a"},
          .after = {"a", "b"}});
  Expect({.name = "one fewer",
          .directory = Found({"b"}),
          .record = Proven({"a", "b"}),
          .which = PinCase::kDiffers,
          .lesson = PinLesson::kMove,
          .before = {"a", "b"},
          .after = {"b"}});
  Expect({.name = "by a row for the domain: no lesson",
          .directory = ByDomain({"a", "b"}),
          .record = Proven({"a"}),
          .which = PinCase::kDiffers,
          .before = {"a"}});
  Expect({.name = "it is back",
          .directory = Found({"a"}),
          .record = Released({"a"}, std::chrono::days(3)),
          .which = PinCase::kSame,
          .write = PinWrite::kClearReleased,
          .before = {"a"}});
  Expect({.name = "a dispute of pin's own ends when both agree again",
          .directory = Found({"a"}),
          .record = DisputedBy(DisputeKind::kPin, {"a"}),
          .which = PinCase::kSame,
          .write = PinWrite::kEndDispute,
          .before = {"a"}});
  Expect({.name = "agreement in part ends it, too, and teaches nothing yet",
          .directory = Found({"a", "b"}),
          .record = DisputedBy(DisputeKind::kPin, {"a"}),
          .which = PinCase::kDiffers,
          .write = PinWrite::kEndDispute,
          .before = {"a"},
          .after = {"a", "b"}});
}

TEST(Pin, DisjointOwners) {
  Expect({.name = "swapped",
          .directory = Found({"b"}),
          .record = Proven({"a"}),
          .which = PinCase::kSwapped,
          .outcome = Outcome::kFail,
          .write = PinWrite::kDispute,
          .before = {"a"},
          .after = {"b"}});
  Expect({.name = "swapped into the hands of the owner of the whole domain",
          .directory = ByDomain({"b"}),
          .record = Proven({"a"}),
          .which = PinCase::kSwapped,
          .outcome = Outcome::kFail,
          .write = PinWrite::kDispute,
          .before = {"a"},
          .after = {"b"}});
  Expect({.name = "still swapped: one dispute is enough",
          .directory = Found({"b"}),
          .record = DisputedBy(DisputeKind::kPin, {"a"}),
          .which = PinCase::kDisputed,
          .outcome = Outcome::kFail,
          .before = {"a"}});
}

TEST(Pin, AnAnnouncedChangeMovesTheLedger) {
  const Case moved{.name = "announced",
                   .directory = Found({"b"}),
                   .record = Proven({"a"}),
                   .changes = {Announced(7, "a", "b")},
                   .which = PinCase::kExplained,
                   .write = PinWrite::kMove,
                   .before = {"a"},
                   .after = {"b"},
                   .change = 7};
  Expect(moved);
  Case other = moved;
  other.name = "owner not stated";
  other.changes = {Announced(7, "", "b")};
  Expect(other);
  other.name = "the one that fits, the oldest first";
  other.changes = {Announced(9, "a", "b"), Announced(5, "a", "c"), Announced(7, "a", "b")};
  Expect(other);
  other.name = "it ends a dispute of pin's own";
  other.record = DisputedBy(DisputeKind::kPin, {"a"});
  Expect(other);
  other.name = "and the cool-off";
  other.record = Released({"a"}, std::chrono::days(3));
  Expect(other);
  other.name = "only whom it names, not who else is there";
  other.record = Proven({"a"});
  other.directory = Found({"b", "thief"});
  Expect(other);
}

TEST(Pin, AChangeThatDoesNotFitExplainsNothing) {
  Change used = Announced(1, "a", "b");
  used.state = store::ChangeState::kUsed;
  for (const Change& change :
       {Announced(1, "a", "c"), Announced(1, "x", "b"), Announced(1, "a", ""), used}) {
    const PinAnswer answer = JudgePin({Found({"b"}), Proven({"a"}), {change}}, {}, kNow);
    EXPECT_EQ(answer.which, PinCase::kSwapped) << change.from << "->" << change.to;
  }
}

TEST(Pin, CoolOff) {
  const Case early{.name = "claimed inside of it",
                   .directory = Found({"b"}),
                   .record = Released({"a"}, kCoolOff - std::chrono::seconds(1)),
                   .which = PinCase::kSwapped,
                   .outcome = Outcome::kFail,
                   .write = PinWrite::kDispute,
                   .before = {"a"},
                   .after = {"b"}};
  Expect(early);
  EXPECT_THAT(JudgePin({early.directory, early.record, {}}, {}, kNow).reason,
              HasSubstr("cool-off"));
  Expect({.name = "recycled",
          .directory = Found({"b"}),
          .record = Released({"a"}, kCoolOff),
          .which = PinCase::kRecycled,
          .lesson = PinLesson::kMove,
          .before = {"a"},
          .after = {"b"}});
  Expect({.name = "recycled, import only, strict",
          .directory = Found({"b"}),
          .record = Released({"a"}, kCoolOff),
          .which = PinCase::kRecycled,
          .outcome = Outcome::kFail,
          .before = {"a"},
          .after = {"b"},
          .options = kStrict,
          .at_most = Action::kDefer});
  // Once disputed, time alone proves nothing.
  store::AddressRecord disputed = DisputedBy(DisputeKind::kPin, {"a"});
  disputed.released = kNow - kCoolOff * 2;
  Expect({.name = "claimed inside of it, long ago",
          .directory = Found({"b"}),
          .record = disputed,
          .which = PinCase::kDisputed,
          .outcome = Outcome::kFail,
          .before = {"a"}});
  EXPECT_EQ(JudgePin({Found({"b"}), disputed, {Announced(7, "a", "b")}}, {}, kNow).which,
            PinCase::kExplained);
  Case domain = early;
  domain.name = "a row for the whole domain recycles nothing";
  domain.directory = ByDomain({"b"});
  domain.record = Released({"a"}, kCoolOff * 2);
  Expect(domain);
}

TEST(Pin, DisputesOfNoticesFlowsAndPeopleEndOnlyByAPerson) {
  for (const DisputeKind kind : {DisputeKind::kNotice, DisputeKind::kFlow, DisputeKind::kPerson}) {
    for (const Owners& directory :
         {Found({"a"}), Found({"b"}), ByDomain({"a"}), Gone(), Silent(), Stale({"a"})}) {
      const PinAnswer answer =
          JudgePin({directory, DisputedBy(kind, {"a"}), {Announced(7, "a", "b")}}, {}, kNow);
      EXPECT_EQ(answer.which, PinCase::kDisputed);
      EXPECT_EQ(answer.outcome, Outcome::kFail);
      EXPECT_EQ(answer.write, PinWrite::kNothing);
      EXPECT_EQ(answer.lesson, PinLesson::kNothing);
      EXPECT_THAT(answer.reason, HasSubstr("2026-05-28 19:26 UTC"));
    }
  }
}

TEST(Pin, WithoutAnAnswerOfTheDirectory) {
  Expect({.name = "proven",
          .directory = Stale({"a"}),
          .record = Proven({"a"}),
          .which = PinCase::kStale});
  Expect({.name = "disputed before",
          .directory = Stale({"a"}),
          .record = DisputedBy(DisputeKind::kPin, {"a"}),
          .which = PinCase::kDisputed,
          .outcome = Outcome::kFail,
          .before = {"a"}});
  for (const Owners& directory : {Silent(), Broken()}) {
    Expect({.name = "for too long",
            .directory = directory,
            .record = Proven({"a"}),
            .which = PinCase::kUnknown,
            .outcome = Outcome::kUnavailable});
    Expect({.name = "not proven",
            .directory = directory,
            .record = {},
            .which = PinCase::kUnknown,
            .outcome = Outcome::kUnavailable});
    Expect({.name = "disputed and silent",
            .directory = directory,
            .record = DisputedBy(DisputeKind::kPin, {"a"}),
            .which = PinCase::kDisputed,
            .outcome = Outcome::kFail,
            .before = {"a"}});
  }
}

TEST(Pin, ChangesAreAskedForOnlyWhereTheyMatter) {
  EXPECT_TRUE(NeedsChanges(Found({"b"}), Proven({"a"})));
  EXPECT_FALSE(NeedsChanges(Found({"a", "b"}), Proven({"a"})));
  EXPECT_FALSE(NeedsChanges(Found({"b"}), {}));
  EXPECT_FALSE(NeedsChanges(Gone(), Proven({"a"})));
  EXPECT_FALSE(NeedsChanges(Silent(), Proven({"a"})));
  EXPECT_FALSE(NeedsChanges(Stale({"b"}), Proven({"a"})));
}

}  // namespace
}  // namespace warifu::binding
