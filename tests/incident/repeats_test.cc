// A client that tries again is one incident.
#include "incident/repeats.h"

#include <gtest/gtest.h>

namespace warifu::incident {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

WallTime At(int later) {
  return WallTime(seconds(1'780'000'000 + later));
}

Event Deferred() {
  Event event;
  event.stage = "rcpt";
  event.reference = "W-1";
  event.time = At(0);
  event.account = "taro";
  event.sender = "taro@example.jp";
  event.recipients = {"a@example.jp"};
  event.verdict.action = Action::kDefer;
  event.verdict.reasons = {"check:pin"};
  return event;
}

TEST(SameRefusal, IsWhatWasRefusedToWhomAndWhy) {
  const std::string same = SameRefusal(Deferred());
  EXPECT_NE(same, "");
  Event other = Deferred();
  other.reference = "W-2";
  other.queue_id = "4XyZ";
  other.client_address = "203.0.113.9";
  other.message_id = "<1@x>";
  EXPECT_EQ(SameRefusal(other), same);
  const auto differs = [&](auto change) {
    Event event = Deferred();
    change(&event);
    EXPECT_NE(SameRefusal(event), same);
  };
  differs([](Event* e) { e->stage = "mail"; });
  differs([](Event* e) { e->account = "hanako"; });
  differs([](Event* e) { e->sender = "x@example.com"; });
  differs([](Event* e) { e->recipients = {"b@example.jp"}; });
  differs([](Event* e) { e->recipients.push_back("b@example.jp"); });
  differs([](Event* e) { e->verdict.reasons = {"fault:store"}; });
  differs([](Event* e) { e->verdict.action = Action::kReject; });
}

TEST(SameRefusal, AtTheEndOfAMailItIsTheMail) {
  Event event = Deferred();
  event.stage = "end";
  EXPECT_EQ(SameRefusal(event), "") << "without a Message-ID none is the same";
  event.message_id = "<1@x>";
  const std::string first = SameRefusal(event);
  EXPECT_NE(first, "");
  event.message_id = "<2@x>";
  EXPECT_NE(SameRefusal(event), first);
  event.verdict.action = Action::kHold;
  EXPECT_EQ(SameRefusal(event), "") << "held mail has to be found one by one";
}

TEST(RepeatsTest, TheWindowCountsFromTheLastTime) {
  Repeats repeats;
  EXPECT_EQ(repeats.ReferenceOf("k", "W-1", At(0), hours(1), false), "W-1");
  EXPECT_EQ(repeats.ReferenceOf("k", "W-2", At(3000), hours(1), false), "W-1");
  EXPECT_EQ(repeats.ReferenceOf("k", "W-3", At(6000), hours(1), false), "W-1");
  EXPECT_EQ(repeats.ReferenceOf("other", "W-4", At(6000), hours(1), false), "W-4");
  EXPECT_EQ(repeats.ReferenceOf("k", "W-5", At(9600), hours(1), false), "W-5");
}

TEST(RepeatsTest, ADisputeAndWhatComesAfterASettlementAreNew) {
  Repeats repeats;
  repeats.ReferenceOf("k", "W-1", At(0), hours(1), false);
  EXPECT_EQ(repeats.ReferenceOf("k", "W-2", At(1), hours(1), true), "W-2");
  EXPECT_EQ(repeats.ReferenceOf("k", "W-3", At(2), hours(1), false), "W-2");
  repeats.Forget("W-2");
  EXPECT_EQ(repeats.ReferenceOf("k", "W-4", At(3), hours(1), false), "W-4");
}

TEST(RepeatsTest, OldOnesMakeRoom) {
  Repeats repeats(100);
  for (int i = 0; i < 1'000; ++i) {
    repeats.ReferenceOf("live", "W", At(i), hours(1), false);
    repeats.ReferenceOf(std::to_string(i), "X", At(i), hours(1), false);
  }
  EXPECT_EQ(repeats.ReferenceOf("live", "Y", At(1'000), hours(1), false), "W") << "in use";
  EXPECT_EQ(repeats.ReferenceOf("1", "Y", At(1'000), hours(1), false), "Y") << "forgotten";
}

}  // namespace
}  // namespace warifu::incident
