// Rows of incidents: what they say, and that a slow or broken store is counted, never waited for.
#include "incident/incident_writer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_store.h"

namespace warifu::incident {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

class NoLog final : public Log {
 public:
  void Write(Level, std::string_view text) override { last = text; }
  void SetLevel(Level) override {}
  Result<void> Reopen() override { return {}; }
  std::string last;
};

Event Held() {
  Event event;
  event.reference = "k3f9z-27qm1";
  event.queue_id = "4XyZ";
  event.account = "taro";
  event.sender = "taro@example.jp";
  event.recipients = {"a@example.com", "b@example.com"};
  event.verdict.action = Action::kHold;
  event.verdict.reasons = {"check:pin", "rule:x"};
  return event;
}

TEST(IncidentOf, SaysWhoAndWhy) {
  Event event = Held();
  CheckResult tagged;
  tagged.check = Check::kDisplay;
  tagged.outcome = Outcome::kFail;
  tagged.at_most = Action::kTag;
  CheckResult pin;
  pin.check = Check::kPin;
  pin.outcome = Outcome::kFail;
  pin.subject = "hanako@example.jp";
  pin.reason = "swapped: directory says b, proven is a";
  event.checks = {CheckResult{}, tagged, pin};
  const store::Incident row = IncidentOf(event, "mx1.example.jp");
  EXPECT_EQ(row.reference, "k3f9z-27qm1");
  EXPECT_EQ(row.kind, "mail");
  EXPECT_EQ(row.action, "hold");
  EXPECT_EQ(row.gateway, "mx1.example.jp");
  EXPECT_EQ(row.queue_id, "4XyZ");
  EXPECT_EQ(row.recipients, "a@example.com, b@example.com");
  EXPECT_EQ(row.reasons, "check:pin, rule:x");
  EXPECT_EQ(row.summary, "pin: hanako@example.jp: swapped: directory says b, proven is a");
  EXPECT_EQ(row.state, "open");
}

TEST(IncidentOf, RecipientsAreCut) {
  Event event = Held();
  event.recipients.assign(1000, "somebody@example.com");
  const store::Incident row = IncidentOf(event, "mx1");
  EXPECT_LE(row.recipients.size(), 1010u);
  EXPECT_THAT(row.recipients, EndsWith(", …"));
}

TEST(IncidentWriter, WritesNowAndLater) {
  store::FakeStore store;
  NoLog log;
  {
    IncidentWriter writer(store, log);
    EXPECT_TRUE(writer.AddNow(IncidentOf(Held(), "mx1")).has_value());
    for (int i = 0; i < 100; ++i) writer.Add(IncidentOf(Held(), "mx1"));
    writer.Flush();
    EXPECT_EQ(store.incidents.size(), 101u);
    for (int i = 0; i < 100; ++i) writer.Add(IncidentOf(Held(), "mx1"));
  }
  EXPECT_EQ(store.incidents.size(), 201u) << "the destructor writes what is queued";
}

TEST(IncidentWriter, CountsWhatIsLost) {
  store::FakeStore store;
  NoLog log;
  IncidentWriter writer(store, log);
  store.down = true;
  EXPECT_FALSE(writer.AddNow(IncidentOf(Held(), "mx1")).has_value());
  writer.Add(IncidentOf(Held(), "mx1"));
  writer.Flush();
  EXPECT_EQ(writer.lost(), 2u);
  EXPECT_THAT(log.last, HasSubstr("k3f9z-27qm1"));
}

}  // namespace
}  // namespace warifu::incident
