// Declared notices: who may send them, their examples, and what is read in mail of every charset.
#include "app/notices.h"

#include <gmock/gmock.h>

#include "../scan/temp_dir.h"
#include "app/notice_check.h"
#include "app/notice_examples.h"
#include "app/notice_mail.h"
#include "app/snapshot.h"
#include "notice_mails.h"

namespace warifu::app {
namespace {

using scan::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string TextOf(const Errors& errors) {
  std::string out;
  for (const Error& e : errors) out += e.ToString() + "\n";
  return out;
}

Settings WithNotices(const std::string& path) {
  Settings settings = DefaultSettings();
  settings.notice_paths = {path};
  settings.binding.local_domains = {"example.jp"};
  Listener portal;
  portal.name = "portal";
  settings.listeners = {portal};
  return settings;
}

std::string Declare(const std::string& sources, const std::string& more = "") {
  return "[[notices]]\nid = \"n\"\nkind = \"otp\"\nsource = [" + sources + "]\n" + more +
         "[notices.account]\nheader = \"X-Account\"\n";
}

Envelope From(const std::string& client, const std::string& account = "") {
  Envelope envelope;
  envelope.client_address = client;
  envelope.account = account;
  return envelope;
}

TEST(DeclaredNotices, CountOnlyFromTheirSource) {
  const TempDir dir;
  const Settings settings = WithNotices(dir.Write(
      "n.toml", Declare(R"("network:192.0.2.0/28", "listener:portal", "account:Portal")")));
  std::vector<std::string> notes;
  const auto notices = LoadDeclaredNotices(settings, &notes);
  ASSERT_TRUE(notices) << TextOf(notices.error());
  EXPECT_THAT(notes, IsEmpty());
  EXPECT_EQ((*notices)->active(), 1u);
  EXPECT_TRUE((*notices)->FromSource(From("192.0.2.3"), "mx"));
  EXPECT_TRUE((*notices)->FromSource(From("203.0.113.1"), "portal"));
  EXPECT_TRUE((*notices)->FromSource(From("203.0.113.1", "portal"), "mx"));
  EXPECT_FALSE((*notices)->FromSource(From("203.0.113.1", "other"), "mx"));
  EXPECT_FALSE((*notices)->FromSource(From("192.0.2.16"), "mx"));
  EXPECT_FALSE((*notices)->FromSource(From(""), "mx"));
}

TEST(DeclaredNotices, TakeConfiguredSourcesOrAreOff) {
  const TempDir dir;
  Settings settings = WithNotices(dir.Write("n.toml", Declare("\"configured\"")));
  std::vector<std::string> notes;
  auto notices = LoadDeclaredNotices(settings, &notes);
  ASSERT_TRUE(notices);
  EXPECT_EQ((*notices)->active(), 0u);
  EXPECT_FALSE((*notices)->FromSource(From("192.0.2.3", "portal"), "portal"));
  EXPECT_THAT(notes, ElementsAre(HasSubstr("notice 'n' is off")));
  settings.notice_sources = {*scan::ParseNoticeSource("account:portal")};
  notes.clear();
  notices = LoadDeclaredNotices(settings, &notes);
  ASSERT_TRUE(notices);
  EXPECT_TRUE((*notices)->FromSource(From("192.0.2.3", "portal"), "mx"));
  EXPECT_THAT(notes, IsEmpty());
}

TEST(DeclaredNotices, RefuseASourceThatIsNone) {
  const TempDir dir;
  const std::string path =
      dir.Write("n.toml", Declare(R"("network:192.0.2.1/24", "listener:portl")"));
  std::vector<std::string> notes;
  const auto notices = LoadDeclaredNotices(WithNotices(path), &notes);
  ASSERT_FALSE(notices);
  EXPECT_THAT(TextOf(notices.error()), HasSubstr("n.toml:4:10: "));
  EXPECT_THAT(TextOf(notices.error()), HasSubstr("no listener is named 'portl'"));
}

// They would pass unseen otherwise.
TEST(DeclaredNotices, NeedADirectory) {
  const TempDir dir;
  Settings settings = WithNotices(dir.Write("n.toml", Declare("\"account:portal\"")));
  settings.rules.sources.clear();
  const auto snapshot = BuildSnapshot(settings, Clock::System(), KeyUse::kReadOnly);
  ASSERT_FALSE(snapshot);
  EXPECT_THAT(TextOf(snapshot.error()), HasSubstr("no directory to compare them with"));
  settings.notice_paths = {dir.Write("off.toml", Declare("\"configured\""))};
  EXPECT_TRUE(BuildSnapshot(settings, Clock::System(), KeyUse::kReadOnly));
}

TEST(DeclaredNotices, ReadEveryCharsetAndEncoding) {
  const TempDir dir;
  const Settings settings = WithNotices(dir.Write("n.toml", kPortalNotices));
  std::vector<std::string> notes;
  const auto notices = LoadDeclaredNotices(settings, &notes);
  ASSERT_TRUE(notices) << TextOf(notices.error());
  for (const std::string charset : {"UTF-8", "ISO-2022-JP", "Shift_JIS", "EUC-JP"}) {
    for (const std::string encoding : {"base64", "quoted-printable", "8bit"}) {
      for (const bool html : {false, true}) {
        const std::string raw =
            ResetMail("sato@example.jp", "Kf83hTq0Zm27Lw9e", {charset, encoding, html});
        const mail::Message message = mail::Parse(raw, settings.limits);
        const Address sender{"bounce", "portal.example.jp"};
        const ReadableNotice readable(message, &sender, settings.binding);
        const auto found = (*notices)->Find(From("192.0.2.10"), "mx", readable.facts());
        ASSERT_EQ(found, 0u) << charset << " " << encoding << "\n" << raw;
        const scan::NoticeContent content = (*notices)->set().Read(0, readable.facts());
        EXPECT_EQ(content.account.text, "sato@example.jp")
            << content.account.problem << charset << encoding << html;
        EXPECT_EQ(content.token.text, "Kf83hTq0Zm27Lw9e") << content.token.problem;
        EXPECT_FALSE((*notices)->Find(From("203.0.113.9"), "mx", readable.facts()));
        EXPECT_EQ((*notices)->FindLookAlike(From("203.0.113.9"), "mx", readable.facts()), 0u);
      }
    }
  }
}

TEST(NoticeExamples, RunThroughTheMatcher) {
  const TempDir dir;
  const auto problems = [&](const std::string& more) {
    const Settings settings =
        WithNotices(dir.Write("n.toml", Declare("\"configured\"", "subject = 'code'\n" + more)));
    const auto set = scan::LoadNotices(settings.notice_paths, settings.binding.address);
    if (!set) return TextOf(set.error());
    std::string out;
    for (const scan::RuleProblem& problem : CheckNoticeExamples(**set, settings)) {
      out += (problem.error ? "error: " : "warning: ") + problem.text + "\n";
    }
    return out;
  };
  const std::string good =
      "{mail = \"Subject: code\\nX-Account: sato\\n\\nx\", account = \"sato\"}";
  EXPECT_EQ(problems(""),
            "warning: has no examples (matches)\nwarning: has no counter-examples (misses)\n");
  EXPECT_EQ(problems("misses = [\"Subject: x\\n\\ncode\"]\nmatches = [" + good + "]\n"), "");
  EXPECT_THAT(problems("misses = [\"Subject: code\\n\\nx\"]\nmatches = [" + good + "]\n"),
              HasSubstr("error: takes its counter-example for itself"));
  EXPECT_THAT(problems("matches = [{mail = \"Subject: x\\n\\nx\", account = \"sato\"}]\n"),
              HasSubstr("error: does not recognise its example"));
  EXPECT_THAT(problems("matches = [{mail = \"Subject: code\\n\\nx\", account = \"sato\"}]\n"),
              HasSubstr("error: its example's account is not in the mail"));
  EXPECT_THAT(
      problems(
          "matches = [{mail = \"Subject: code\\nX-Account: abe\\n\\nx\", account = \"sato\"}]\n"),
      HasSubstr("reads the account \"abe\" in its example, and \"sato\" is expected"));
}

TEST(NoticeExamples, OfATextAloneLeaveTheHeadOut) {
  const TempDir dir;
  const Settings settings = WithNotices(dir.Write("n.toml", R"([[notices]]
id = "n"
kind = "otp"
source = ["configured"]
from = ["a@example.jp"]
subject = "code"
misses = ["会員番号:なし"]
matches = [{mail = "会員番号：１２３", account = "123"}]
[notices.account]
regex = '''会員番号:([0-9]+)'''
)"));
  const auto set = scan::LoadNotices(settings.notice_paths, settings.binding.address);
  ASSERT_TRUE(set) << TextOf(set.error());
  std::string out;
  for (const auto& problem : CheckNoticeExamples(**set, settings)) out += problem.text;
  EXPECT_EQ(out, "");
}

TEST(NoticeExamples, OfTheShippedNoticesHold) {
  Settings settings = DefaultSettings();
  settings.notice_paths = {WARIFU_SOURCE_DIR "/patterns/notices"};
  const auto set = scan::LoadNotices(settings.notice_paths, settings.binding.address);
  ASSERT_TRUE(set) << TextOf(set.error());
  EXPECT_EQ((*set)->notices().size(), 8u);
  for (const auto& problem : CheckNoticeExamples(**set, settings)) {
    ADD_FAILURE() << problem.rule << ": " << problem.text;
  }
  std::vector<std::string> notes;
  const auto notices = LoadDeclaredNotices(settings, &notes);
  ASSERT_TRUE(notices);
  EXPECT_EQ((*notices)->active(), 0u) << "off until a source is configured";
}

}  // namespace
}  // namespace warifu::app
