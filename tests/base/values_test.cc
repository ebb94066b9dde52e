// The words and orders of the shared value types.
#include <gtest/gtest.h>

#include <set>

#include "base/action.h"
#include "base/check_result.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/segment.h"

namespace warifu {
namespace {

TEST(Action, WordsGoBothWays) {
  for (Action a : {Action::kAccept, Action::kTag, Action::kStrip, Action::kRedact, Action::kHold,
                   Action::kDefer, Action::kReject}) {
    Action back = Action::kAccept;
    ASSERT_TRUE(FromString(ToString(a), &back)) << ToString(a);
    EXPECT_EQ(back, a);
  }
  Action untouched = Action::kHold;
  EXPECT_FALSE(FromString("discard", &untouched)) << "discarding does not exist";
  EXPECT_EQ(untouched, Action::kHold);
}

TEST(Action, TheGreaterWins) {
  EXPECT_LT(Action::kTag, Action::kStrip);
  EXPECT_LT(Action::kStrip, Action::kHold);
  EXPECT_LT(Action::kHold, Action::kDefer);
  EXPECT_LT(Action::kDefer, Action::kReject);
}

TEST(Mode, TheWeakestWins) {
  EXPECT_EQ(Weakest(Mode::kEnforce, Mode::kObserve), Mode::kObserve);
  EXPECT_EQ(Weakest(Mode::kEnforce, Mode::kEnforce), Mode::kEnforce);
}

TEST(FaultCause, EveryCauseHasItsOwnWordAndKind) {
  std::set<std::string_view> words;
  for (FaultCause cause : kAllFaultCauses) {
    FaultCause back{};
    ASSERT_TRUE(FromString(ToString(cause), &back));
    EXPECT_EQ(back, cause);
    words.insert(ToString(cause));
  }
  EXPECT_EQ(words.size(), kAllFaultCauses.size());
  EXPECT_TRUE(IsPassing(FaultCause::kInternal));
  EXPECT_TRUE(IsPassing(FaultCause::kTimeout));
  EXPECT_FALSE(IsPassing(FaultCause::kEncrypted));
  EXPECT_FALSE(IsPassing(FaultCause::kUnreadType));
}

TEST(Error, NamesThePlaceAsFarAsItIsKnown) {
  EXPECT_EQ((Error{ErrorKind::kInvalid, "no such key", {"a.toml", 3, 7}}.ToString()),
            "a.toml:3:7: no such key");
  EXPECT_EQ((Error{ErrorKind::kInvalid, "empty", {"a.toml", 0, 0}}.ToString()), "a.toml: empty");
  EXPECT_EQ((Error{ErrorKind::kInvalid, "empty", {}}.ToString()), "empty");
}

TEST(Segment, RegionsAndWayBack) {
  Segment s;
  s.text = "Hallo\n-- \nx";
  s.regions = {{Region::kBody, {0, 6}}, {Region::kSignature, {6, 11}}};
  EXPECT_EQ(s.RegionAt(0), Region::kBody);
  EXPECT_EQ(s.RegionAt(6), Region::kSignature);
  EXPECT_EQ(s.RegionAt(99), Region::kSignature) << "past the end: the last region";
  EXPECT_EQ(s.ToContent({6, 8}), (Span{6, 8})) << "no map: the identity";

  // Two steps: text ← (two bytes dropped in front) ← (each byte doubled).
  OffsetMap first;
  first.Add(0, 2);
  first.Add(1, 1, 11);
  OffsetMap second;
  second.Add(1, 2, 13);
  s.maps = {first, second};
  EXPECT_EQ(s.ToContent({0, 1}), (Span{4, 6}));
}

}  // namespace
}  // namespace warifu
