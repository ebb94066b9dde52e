// Event: the fields of the line, what is kept out of it, the line for people.
#include "incident/event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

namespace warifu::incident {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Event FullEvent() {
  Event event;
  event.time = WallTime(std::chrono::microseconds(1'767'225'600'000'042));  // 2026-01-01
  event.stage = "end";
  event.queue_id = "4XyZ";
  event.reference = "k3f9-27qm";
  event.listener = "submission";
  event.direction = Direction::kOutbound;
  event.account = "hanako";
  event.client_address = "192.0.2.1";
  event.client_name = "pc.example.jp";
  event.helo = "[192.0.2.1]";
  event.sender = "hanako@example.jp";
  event.recipients = {"taro@example.com", "jiro@example.com"};
  event.authors = {"hanako@example.jp"};
  event.message_id = "<1@example.jp>";
  event.size = 1234;
  event.checks.push_back({.check = Check::kDisplay,
                          .outcome = Outcome::kFail,
                          .mode = Mode::kObserve,
                          .exempt = true,
                          .exemption = "printers",
                          .subject = "x@example.jp",
                          .reason = "another address is shown"});
  Finding finding;
  finding.rule = "member-row";
  finding.part = "1.2";
  finding.content = {120, 129};
  finding.preview = "pa*******";
  finding.fingerprint = "0123456789abcdef";
  finding.rows = 2;
  finding.accounts = 1;
  event.findings.push_back(finding);
  event.faults.push_back({.cause = FaultCause::kEncrypted, .part = "2", .detail = "PGP"});
  event.attachments.push_back({"2", "a.pdf", "text/plain", "application/pdf"});
  event.verdict.action = Action::kReject;
  event.verdict.would = Action::kReject;
  event.verdict.reply = {550, "5.7.1", "Message refused by policy (reference k3f9-27qm)"};
  event.verdict.reasons = {"rule:member-row", "check:display"};
  event.verdict.finding_would = {Action::kReject};
  event.verdict.finding_why_not = {"not in the text of the mail"};
  event.verdict.check_would = {Action::kTag};
  event.verdict.fault_would = {Action::kTag};
  event.mode = Mode::kEnforce;
  event.rules_version = "a1b2c3d4e5f6";
  event.microseconds = {{"parse", 100}, {"total", 250}};
  return event;
}

// "a", "a.b", "a[].b" for every member, as kEventFields names them.
void Collect(const nlohmann::json& json, const std::string& prefix, std::set<std::string>* names) {
  for (const auto& [key, value] : json.items()) {
    const std::string name = prefix + key;
    names->insert(name);
    if (name == "microseconds") continue;
    if (value.is_object()) Collect(value, name + ".", names);
    if (value.is_array()) {
      for (const auto& entry : value) {
        if (entry.is_object()) Collect(entry, name + "[].", names);
      }
    }
  }
}

TEST(Event, WritesExactlyTheFieldsThatAreListed) {
  std::set<std::string> written;
  Collect(nlohmann::json::parse(ToJson(FullEvent())), "", &written);
  const std::set<std::string> listed(kEventFields.begin(), kEventFields.end());
  EXPECT_EQ(listed.size(), kEventFields.size()) << "a field is listed twice";
  EXPECT_EQ(written, listed);
}

TEST(Event, AnEmptyEventHasEveryTopLevelField) {
  const auto json = nlohmann::json::parse(ToJson(Event{}));
  for (const std::string_view field : kEventFields) {
    if (field.find_first_of(".[") == std::string_view::npos) {
      EXPECT_TRUE(json.contains(field)) << field;
    }
  }
  EXPECT_TRUE(json["reply"].is_null());
}

TEST(Event, Values) {
  const auto json = nlohmann::json::parse(ToJson(FullEvent()));
  EXPECT_EQ(json["format"], 1);
  EXPECT_EQ(json["time"], "2026-01-01T00:00:00.000042Z");
  EXPECT_EQ(json["direction"], "outbound");
  EXPECT_EQ(json["reply"]["code"], 550);
  EXPECT_EQ(json["checks"][0]["would"], "tag");
  EXPECT_EQ(json["checks"][0]["exemption"], "printers");
  EXPECT_EQ(json["findings"][0]["offset"], 120);
  EXPECT_EQ(json["findings"][0]["length"], 9);
  EXPECT_EQ(json["findings"][0]["would"], "reject");
  EXPECT_EQ(json["faults"][0]["cause"], "encrypted");
  EXPECT_EQ(json["attachments"][0]["actual"], "application/pdf");
  EXPECT_EQ(json["microseconds"]["total"], 250);
}

TEST(Event, TimeBefore1970IsStillOneInstant) {
  Event event;
  event.time = WallTime(std::chrono::microseconds(-1));
  EXPECT_EQ(nlohmann::json::parse(ToJson(event))["time"], "1969-12-31T23:59:59.999999Z");
}

TEST(Event, HostileStringsStayOneSafeLine) {
  Event event = FullEvent();
  const std::string hostile = std::string("a\r\nInjected: b\x1b[31m\0\xff\xfe", 22) + "\u202e";
  event.sender = event.helo = event.message_id = event.client_name = hostile;
  event.recipients = {hostile};
  event.attachments[0].name = hostile;
  event.checks[0].subject = hostile;
  event.faults[0].detail = hostile;
  for (const std::string& line : {ToJson(event), ToLogLine(event)}) {
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
    EXPECT_THAT(line, Not(HasSubstr("\u202e")));
  }
  EXPECT_NO_THROW(std::ignore = nlohmann::json::parse(ToJson(event)));
}

TEST(Event, ListsAreBoundedAndCounted) {
  Event event;
  event.findings.resize(kMostListed + 7);
  event.recipients.resize(kMostListed + 9, "a@example.jp");
  const auto json = nlohmann::json::parse(ToJson(event));
  EXPECT_EQ(json["findings"].size(), kMostListed);
  EXPECT_EQ(json["finding_count"], kMostListed + 7);
  EXPECT_EQ(json["recipients"].size(), kMostListed);
  EXPECT_EQ(json["recipient_count"], kMostListed + 9);
}

TEST(Event, LogLine) {
  EXPECT_EQ(ToLogLine(FullEvent()),
            "reject reference=k3f9-27qm queue=4XyZ stage=end direction=outbound "
            "listener=submission account=hanako client=192.0.2.1 from=<hanako@example.jp> "
            "to=<taro@example.com>+1 reasons=rule:member-row,check:display detail=PGP");
  Event event = FullEvent();
  event.verdict.action = Action::kAccept;
  event.account = "two words=x \"y\"";
  EXPECT_THAT(ToLogLine(event), HasSubstr("accept (would reject) reference"));
  EXPECT_THAT(ToLogLine(event), HasSubstr(R"(account="two words=x \"y\"")"));
}

TEST(Event, CleanMeansNothingToSay) {
  Event event;
  event.checks.push_back({.check = Check::kSender, .outcome = Outcome::kPass});
  event.checks.push_back({.check = Check::kAuthor, .outcome = Outcome::kNotApplicable});
  EXPECT_TRUE(IsClean(event));
  Event would = event;
  would.verdict.would = Action::kTag;
  EXPECT_FALSE(IsClean(would));
  Event faulty = event;
  faulty.faults.push_back({.cause = FaultCause::kUnreadType});
  EXPECT_FALSE(IsClean(faulty));
  Event found = event;
  found.findings.emplace_back();
  EXPECT_FALSE(IsClean(found));
  Event failed = event;
  failed.checks[0].outcome = Outcome::kFail;
  failed.checks[0].exempt = true;
  EXPECT_FALSE(IsClean(failed)) << "an exemption is an event";
}

TEST(Event, DirectionsHaveWords) {
  for (const Direction direction :
       {Direction::kOutbound, Direction::kInternal, Direction::kInbound}) {
    Direction back = Direction::kInbound;
    EXPECT_TRUE(FromString(ToString(direction), &back));
    EXPECT_EQ(back, direction);
  }
  Direction untouched = Direction::kInternal;
  EXPECT_FALSE(FromString("sideways", &untouched));
  EXPECT_EQ(untouched, Direction::kInternal);
}

}  // namespace
}  // namespace warifu::incident
