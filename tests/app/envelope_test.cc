// Envelope: direction, exemptions, references.
#include "app/envelope.h"

#include <gtest/gtest.h>

#include <set>

#include "app/reference.h"

namespace warifu::app {
namespace {

using incident::Direction;

Settings TestSettings() {
  Settings settings = DefaultSettings();
  settings.binding.local_domains = {"example.jp"};
  return settings;
}

Envelope From(std::string client, std::string account, std::vector<std::string> recipients) {
  Envelope envelope;
  envelope.client_address = std::move(client);
  envelope.account = std::move(account);
  envelope.recipients = CanonicalRecipients(recipients, {});
  envelope.complete = true;
  return envelope;
}

TEST(Envelope, Direction) {
  const Settings settings = TestSettings();
  const auto direction = [&](const Envelope& envelope) { return DirectionOf(envelope, settings); };
  EXPECT_EQ(direction(From("203.0.113.1", "", {"<a@example.jp>"})), Direction::kInbound);
  EXPECT_EQ(direction(From("203.0.113.1", "", {"<a@example.com>"})), Direction::kInbound);
  EXPECT_EQ(direction(From("203.0.113.1", "taro", {"<a@example.jp>"})), Direction::kInternal);
  EXPECT_EQ(direction(From("203.0.113.1", "taro", {"<a@example.jp>", "<b@example.com>"})),
            Direction::kOutbound);
  EXPECT_EQ(direction(From("127.0.0.1", "", {"<b@example.com>"})), Direction::kOutbound);
  EXPECT_EQ(direction(From("unix", "", {"<b@EXAMPLE.jp>"})), Direction::kInternal);
  EXPECT_EQ(direction(From("203.0.113.1", "taro", {"<a\x01@@example.jp>"})), Direction::kOutbound)
      << "a recipient that is no address is not local";

  Envelope submission = From("203.0.113.1", "", {"<b@example.com>"});
  submission.submission = true;
  EXPECT_EQ(direction(submission), Direction::kOutbound);

  Envelope at_mail = From("203.0.113.1", "taro", {});
  at_mail.complete = false;
  EXPECT_EQ(direction(at_mail), Direction::kOutbound);
}

Exemption Exempts(std::string name) {
  Exemption exemption;
  exemption.name = std::move(name);
  exemption.content = true;
  exemption.checks = {Check::kAuthor};
  return exemption;
}

TEST(Envelope, EveryKindOfConditionMustHold) {
  Settings settings = TestSettings();
  Exemption both = Exempts("both");
  both.networks = {*ParseNetwork("192.0.2.0/24"), *ParseNetwork("198.51.100.1")};
  both.accounts = {"news", "reports"};
  settings.exemptions = {both};
  const auto exempt = [&](const std::string& client, const std::string& account) {
    return ExemptFromContent(From(client, account, {"<a@example.com>"}), settings);
  };
  EXPECT_EQ(exempt("192.0.2.9", "news"), "both");
  EXPECT_EQ(exempt("198.51.100.1", "reports"), "both");
  EXPECT_EQ(exempt("192.0.2.9", "taro"), "");
  EXPECT_EQ(exempt("203.0.113.1", "news"), "");
}

TEST(Envelope, OneStrangerAmongTheRecipientsUndoesAnExemption) {
  Settings settings = TestSettings();
  Exemption abuse = Exempts("abuse");
  abuse.recipients = {{"abuse", "example.com"}, {"cert", "example.org"}};
  settings.exemptions = {abuse};
  const auto exempt = [&](const std::vector<std::string>& recipients, bool complete = true) {
    Envelope envelope = From("192.0.2.1", "taro", recipients);
    envelope.complete = complete;
    return ExemptFromContent(envelope, settings);
  };
  EXPECT_EQ(exempt({"<abuse@example.com>"}), "abuse");
  EXPECT_EQ(exempt({"<Abuse+7@EXAMPLE.com>", "<cert@example.org>"}), "abuse");
  EXPECT_EQ(exempt({"<abuse@example.com>", "<stranger@example.net>"}), "");
  EXPECT_EQ(exempt({"<abuse@example.com>"}, false), "") << "more recipients may come";
  EXPECT_EQ(exempt({}), "");
}

TEST(Envelope, AnExemptionCoversWhatItNames) {
  Settings settings = TestSettings();
  Exemption only_author = Exempts("forwarder");
  only_author.content = false;
  only_author.accounts = {"taro"};
  settings.exemptions = {only_author};
  const Envelope envelope = From("192.0.2.1", "taro", {});
  EXPECT_EQ(ExemptFromContent(envelope, settings), "");
  EXPECT_EQ(ExemptFromCheck(envelope, settings, Check::kAuthor), "forwarder");
  EXPECT_EQ(ExemptFromCheck(envelope, settings, Check::kSender), "");
}

TEST(Reference, IsShortReadableAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 2000; ++i) {
    const std::string reference = MakeReference();
    ASSERT_EQ(reference.size(), 11u);
    ASSERT_EQ(reference[5], '-');
    ASSERT_EQ(reference.find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz-"), std::string::npos);
    seen.insert(reference);
  }
  EXPECT_EQ(seen.size(), 2000u);
}

}  // namespace
}  // namespace warifu::app
