// Notices: what a declaration may say, and what the matcher reads in a mail.
#include "scan/notice.h"

#include <gmock/gmock.h>

#include "scan_fixture.h"

namespace warifu::scan {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kReset = R"toml([[notices]]
id = "reset"
kind = "reset"
source = ["network:192.0.2.10", "account:portal"]
from = ["@portal.example.jp"]
subject = '''パスワード(の)?再設定'''
secrets = true
flow = "mypage"
[notices.account]
regex = '''ログイン用アドレス[ \t]*:[ \t]*(\S+)'''
[notices.token]
regex = '''[?&]t=([0-9A-Za-z]{16,64})'''
)toml";

using Notices = std::shared_ptr<const NoticeSet>;

std::expected<Notices, Errors> TryLoadNotices(const std::string& toml) {
  const TempDir dir;
  return LoadNotices({dir.Write("notices.toml", toml)}, {});
}

Notices MustLoadNotices(const std::string& toml) {
  auto set = TryLoadNotices(toml);
  if (!set) {
    ADD_FAILURE() << TextOf(set.error());
    return nullptr;
  }
  return *set;
}

std::string ErrorsOf(const std::string& toml) {
  auto set = TryLoadNotices(toml);
  if (set) {
    ADD_FAILURE() << "loaded: " << toml;
    return "";
  }
  return TextOf(set.error());
}

std::string Replaced(std::string text, const std::string& what, const std::string& with) {
  const std::size_t at = text.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return text.replace(at, what.size(), with);
}

Segment Field(const std::string& name, const std::string& text,
              const std::string& part = "header") {
  Segment segment = BodySegment(text, Region::kHeader);
  segment.part = part;
  segment.field = name;
  return segment;
}

// A mail as the matcher sees it.
struct Mail {
  std::vector<Segment> segments;
  std::vector<Address> authors = {{"noreply", "portal.example.jp"}};
  Address sender = {"bounce", "portal.example.jp"};

  NoticeMail facts() const {
    return {.head = true, .sender = &sender, .authors = authors, .segments = segments};
  }
};

Mail ResetMail(const std::string& body) {
  return {.segments = {Field("Subject", "パスワード再設定のご案内"), BodySegment(body)}};
}

TEST(Notice, ReadsAccountAndTokenOfTheDecodedText) {
  const Notices set = MustLoadNotices(kReset);
  ASSERT_TRUE(set);
  const NoticeInfo& info = set->notices()[0];
  EXPECT_EQ(info.kind, NoticeKind::kReset);
  EXPECT_TRUE(info.secrets && info.has_token);
  ASSERT_THAT(info.sources, SizeIs(2));
  EXPECT_EQ(info.sources[1].kind, NoticeSource::Kind::kAccount);
  EXPECT_EQ(info.sources[1].text, "portal");

  // Full-width letters and colon, as Japanese templates write them.
  const Mail mail = ResetMail(
      "■ログイン用アドレス：ｓａｔｏ@example.jp\n"
      "https://portal.example.jp/r?t=Abcdef0123456789Zz\n");
  EXPECT_TRUE(set->Recognises(0, mail.facts()));
  const NoticeContent content = set->Read(0, mail.facts());
  EXPECT_EQ(content.account.text, "sato@example.jp");
  EXPECT_EQ(content.token.text, "Abcdef0123456789Zz");
}

TEST(Notice, HoldsAllOfItsConditions) {
  const Notices set = MustLoadNotices(Replaced(
      Replaced(kReset, "secrets = true", "sender = [\"bounce@portal.example.jp\", \"<>\"]"),
      "flow = \"mypage\"", "flow = \"mypage\"\ntext = '''マイページ'''"));
  ASSERT_TRUE(set);
  Mail mail = ResetMail("マイページ");
  EXPECT_TRUE(set->Recognises(0, mail.facts()));
  mail.sender = {};
  EXPECT_TRUE(set->Recognises(0, mail.facts()));
  mail.sender = {"else", "portal.example.jp"};
  EXPECT_FALSE(set->Recognises(0, mail.facts()));
  mail.sender = {};
  mail.authors.push_back({"noreply", "sub.portal.example.jp"});
  EXPECT_FALSE(set->Recognises(0, mail.facts())) << "a second author from elsewhere";
  EXPECT_FALSE(set->LooksLike(0, mail.facts()));
  mail.authors.clear();
  EXPECT_FALSE(set->Recognises(0, mail.facts())) << "no author";
  mail = ResetMail("ポータル");
  EXPECT_FALSE(set->Recognises(0, mail.facts())) << "the text";
  EXPECT_TRUE(set->LooksLike(0, mail.facts()));
  mail = ResetMail("マイページ");
  mail.segments[0] = Field("Subject", "お知らせ");
  EXPECT_FALSE(set->Recognises(0, mail.facts())) << "the subject";
  mail.segments[0] = Field("Subject", "パスワード再設定", "2.header");
  EXPECT_FALSE(set->Recognises(0, mail.facts())) << "the subject of an attached mail";
}

TEST(Notice, TellsAnAccountThatCannotBeRead) {
  const Notices set = MustLoadNotices(kReset);
  ASSERT_TRUE(set);
  const auto account = [&](const std::string& body) {
    const Mail mail = ResetMail(body);
    return set->Read(0, mail.facts()).account;
  };
  EXPECT_EQ(account("ログイン用アドレスは別途").problem, "is not in the mail");
  EXPECT_EQ(account("ログイン用アドレス: a@x.jp\nログイン用アドレス: b@x.jp\n").problem,
            "stands in the mail in two ways");
  EXPECT_EQ(account("ログイン用アドレス: a@x.jp\nログイン用アドレス: A@X.jp\n").text, "a@x.jp");
  EXPECT_EQ(account("ログイン用アドレス: " + std::string(2000, 'a')).problem,
            "is longer than 1000 bytes");
  const Notices lines = MustLoadNotices(Replaced(kReset, "(\\S+)", "([^;]+)"));
  ASSERT_TRUE(lines);
  const Mail two = ResetMail("ログイン用アドレス: a@x.jp\nb@x.jp;");
  EXPECT_EQ(lines->Read(0, two.facts()).account.problem, "runs over a line's end");
  // A token is not compared like a name.
  const Mail mail = ResetMail("?t=abcdefabcdefabcdef ?t=ABCDEFabcdefabcdef");
  EXPECT_EQ(set->Read(0, mail.facts()).token.problem, "stands in the mail in two ways");
}

TEST(Notice, ReadsBothFormsOfAnAlternativeAndNoAttachment) {
  const Notices set = MustLoadNotices(kReset);
  ASSERT_TRUE(set);
  Mail mail = ResetMail("ログイン用アドレス: a@x.jp");
  mail.segments.push_back(BodySegment("ログイン用アドレス: b@x.jp", Region::kAttachment));
  EXPECT_EQ(set->Read(0, mail.facts()).account.text, "a@x.jp");
  mail.segments.push_back(BodySegment("ログイン用アドレス: b@x.jp"));
  EXPECT_EQ(set->Read(0, mail.facts()).account.problem, "stands in the mail in two ways");
}

TEST(Notice, ReadsTheAccountFromAHeaderField) {
  const std::string head = "[[notices]]\nid=\"otp\"\nkind=\"otp\"\nsource=[\"configured\"]\n";
  const Notices whole = MustLoadNotices(head + "[notices.account]\nheader=\"X-Account\"\n");
  ASSERT_TRUE(whole);
  const Mail mail{.segments = {Field("x-account", "  sato "), Field("X-Account", "SATO")}};
  EXPECT_TRUE(whole->Recognises(0, mail.facts()));
  EXPECT_FALSE(whole->LooksLike(0, mail.facts())) << "it has no condition on From";
  EXPECT_EQ(whole->Read(0, mail.facts()).account.text, "sato");
  EXPECT_EQ(whole->Read(0, mail.facts()).token.text, "");
  EXPECT_EQ(whole->Read(0, mail.facts()).token.problem, "");

  const Notices part =
      MustLoadNotices(head + "[notices.account]\nheader=\"X-Account\"\nregex='^id=(\\w+);(.)'\n");
  ASSERT_TRUE(part);
  const Mail other{.segments = {Field("X-Account", "id=sato;x"), BodySegment("id=abe;x")}};
  EXPECT_EQ(part->Read(0, other.facts()).account.text, "sato");
}

TEST(NoticeFile, NamesEveryMistakeWithItsPlace) {
  const std::string text = ErrorsOf(
      "[[notices]]\nid = \"a b\"\nkind = \"rest\"\nsource = [\"network\", \"host:x\"]\n"
      "from = [\"no at\"]\nsubject = '''(?=x)'''\nflow = \"f\"\nsecret = true\n"
      "[notices.account]\nregex = '''：(x)'''\ngroup = 2\n"
      "[[notices.matches]]\nmail = \"x\"\ntoken = \"t\"\n");
  EXPECT_THAT(text, HasSubstr("notices.toml:2:6: a notice's id is made of"));
  EXPECT_THAT(text, HasSubstr("notices.toml:3:8: no kind of notice is named 'rest' (did you mean "
                              "'reset'?)"));
  EXPECT_THAT(text, HasSubstr("'network' is none of network:ADDRESS"));
  EXPECT_THAT(text, HasSubstr("'host:x' is none of"));
  EXPECT_THAT(text, HasSubstr("'no at' is no address"));
  EXPECT_THAT(text, HasSubstr("notices.toml:6:11: subject: "));
  EXPECT_THAT(text, HasSubstr("a flow is tied by a token"));
  EXPECT_THAT(text, HasSubstr("unknown key 'notices.secret' (did you mean 'secrets'?)"));
  EXPECT_THAT(text, HasSubstr("brought to NFKC"));
  EXPECT_THAT(text, HasSubstr("group is 2, but the regex has 1"));
  EXPECT_THAT(text, HasSubstr("which account is to be read"));
  EXPECT_THAT(text, HasSubstr("the notice declares no token"));
}

TEST(NoticeFile, DemandsASourceAndAnAccount) {
  EXPECT_THAT(ErrorsOf("[[notices]]\nid=\"a\"\nkind=\"otp\"\n[notices.account]\nheader=\"X\"\n"),
              HasSubstr("only from a declared source"));
  EXPECT_THAT(ErrorsOf("[[notices]]\nid=\"a\"\nkind=\"otp\"\nsource=[]\n[notices.account]\n"
                       "header=\"X\"\n"),
              HasSubstr("only from a declared source"));
  EXPECT_THAT(ErrorsOf("[[notices]]\nid=\"a\"\nkind=\"otp\"\nsource=[\"configured\"]\n"),
              HasSubstr("needs an [notices.account]"));
  EXPECT_THAT(ErrorsOf("[[notices]]\nid=\"a\"\nkind=\"otp\"\nsource=[\"configured\"]\n"
                       "[notices.account]\n"),
              HasSubstr("needs a header, a regex, or both"));
}

TEST(NoticeFile, RefusesTwoOfOneIdAndAbsentFiles) {
  EXPECT_THAT(ErrorsOf(std::string(kReset) + kReset), HasSubstr("'reset' stands already in"));
  auto absent = LoadNotices({"/nonexistent/notices.toml"}, {});
  ASSERT_FALSE(absent);
  EXPECT_THAT(TextOf(absent.error()), HasSubstr("cannot open"));
  EXPECT_TRUE(LoadNotices({}, {}));
}

TEST(NoticeFile, KeepsExamples) {
  const Notices set = MustLoadNotices(Replaced(
      kReset, "flow = \"mypage\"",
      "flow = \"mypage\"\nmisses = ['x']\nmatches = [{mail = 'y', account = 'a', token = 't'}]"));
  ASSERT_TRUE(set);
  const auto& examples = set->notices()[0].examples;
  ASSERT_THAT(examples, SizeIs(2));
  EXPECT_TRUE(examples[0].matches);
  EXPECT_EQ(examples[0].account, "a");
  EXPECT_FALSE(examples[1].matches);
  EXPECT_EQ(examples[1].place.line, 9);
}

}  // namespace
}  // namespace warifu::scan
