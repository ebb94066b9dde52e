// What people read, byte for byte.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>
#include <filesystem>

#include "cli/run.h"
#include "tool.h"

namespace warifu::cli {
namespace {

constexpr std::string_view kMemberSchema =
    "[index]\nid = \"members\"\nhandle = \"number\"\naccount = \"login\"\n"
    "[[index.columns]]\nname = \"number\"\nrole = \"key\"\ntype = \"digits\"\n"
    "[[index.columns]]\nname = \"login\"\nrole = \"key\"\ntype = \"login\"\n"
    "[[index.columns]]\nname = \"password\"\nrole = \"key\"\ntype = \"password\"\n"
    "[[index.columns]]\nname = \"name\"\nrole = \"corroborate\"\ntype = \"name\"\n";

class GoldenTest : public ToolTest {
 protected:
  void Expect(const std::string& name, const std::vector<std::string>& args,
              std::string_view input = "") {
    const Outcome outcome = Run(args, input);
    ExpectGolden(name, outcome.out);
  }
};

TEST_F(GoldenTest, HelpOnEverythingAndOnEachCommand) {
  Expect("help.txt", {});
  for (const char* group :
       {"rules", "records", "bind", "account", "incident", "breaker", "store"}) {
    Expect(std::string("help-") + group + ".txt", {group, "--help"});
  }
  for (const Command& command : Commands()) {
    std::string name(command.words);
    std::ranges::replace(name, ' ', '-');
    std::vector<std::string> args = {"help"};
    const std::size_t blank = command.words.find(' ');
    args.emplace_back(command.words.substr(0, blank));
    if (blank != std::string_view::npos) args.emplace_back(command.words.substr(blank + 1));
    Expect("help-" + name + ".txt", args);
  }
}

TEST_F(GoldenTest, RulesList) {
  Expect("rules-list.txt", {"rules", "list", "rules.toml"});
  Expect("rules-list.json", {"rules", "list", "--rules", "rules.toml", "--format", "json"});
}

TEST_F(GoldenTest, RulesCheck) {
  Write("bad.toml",
        "[[rules]]\nid = \"a\"\nregex = '''x(y'''\n\n[[rules]]\nid = \"b\"\nregx = '''x'''\n");
  Expect("rules-check-errors.txt", {"rules", "check", "bad.toml"});
  Expect("rules-check-errors.json", {"rules", "check", "bad.toml", "--format", "json"});
  Write("wrong.toml",
        "[[rules]]\nid = \"a\"\nregex = '''key=(\\d+)'''\n[rules.mail]\nmatches = [\"key=x\"]\n"
        "misses = [\"key=12345678\"]\n");
  Expect("rules-check-examples.txt", {"rules", "check", "wrong.toml"});
}

TEST_F(GoldenTest, RulesImport) {
  Write("pack/a.yml",
        "rules:\n- name: Pelican token\n  id: np.pelican.1\n  pattern: |\n    (?x)(?i)\n"
        "    pelican [_-] token  # label\n    = ([a-z0-9]{12})\n"
        "  examples: ['pelican_token=a1b2c3d4e5f6', 'pelican token']\n"
        "  negative_examples: ['pelican_token=a1b2']\n  validation: {type: Http}\n");
  Write("pack/b.yaml",
        "rules:\n- {name: B, id: b, pattern: 'a(?=b)', examples: [ab], exampels: []}\n");
  Expect("rules-import.txt", {"rules", "import", "pack", "--output", "out.toml"});
  Expect("rules-import.json",
         {"rules", "import", "pack", "--output", "out.toml", "--format", "json"});
  Expect("rules-import.toml", {"rules", "import", "pack"});
  EXPECT_EQ(Run({"rules", "import", "pack/b.yaml"}).status, 2);
  Write("own.toml", "[[rules]]\nid = \"new\"\n[rules.mail]\nmatches = [\"a: b: c\"]\n");
  const Outcome toml = Run({"rules", "import", "own.toml"});
  EXPECT_EQ(toml.status, 2);
  EXPECT_THAT(toml.err, ::testing::HasSubstr("rules in TOML load as they are"));
  EXPECT_EQ(Run({"rules", "import", "pack/a.yml", "--output", "none/out.toml"}).status, 2);
  EXPECT_EQ(Run({"rules", "import", "pack/a.yml"}).status, 0);
  EXPECT_EQ(Run({"rules", "check", "out.toml"}).status, 0);
}

// What somebody is told who begins with the tool and gets it wrong.
TEST_F(GoldenTest, Mistakes) {
  if (std::filesystem::exists("/etc/warifu/warifu.conf")) GTEST_SKIP() << "warifu is installed";
  Write("empty", "");
  Write("box/empty.txt", "");
  Write("schema.toml", kMemberSchema);
  Write("t.csv", "number,login,password,name\n1000001,taro,Xk29;vmQ1,\n");
  std::string told;
  const auto run = [&](const std::vector<std::string>& args) {
    const Outcome outcome = Run(args);
    told += "$ warifu";
    for (const std::string& word : args) told += " " + word;
    told += "\n" + outcome.out + outcome.err + "[" + std::to_string(outcome.status) + "]\n\n";
  };
  run({"chekc"});
  run({"records"});
  run({"scan"});
  run({"scan", "-x", "empty"});
  run({"records", "index", "--ouput", "x"});
  run({"check"});
  run({"check", "-c", "none.conf"});
  run({"check", "-c", "box"});
  run({"rules", "list"});
  run({"rules", "list", "none"});
  run({"rules", "check", "empty"});
  run({"rules", "check", "box"});
  run({"rules", "check", "--notices", "box"});
  run({"rules", "bench", "--rules", "box"});
  run({"rules", "try", "--rules", "box", "empty"});
  run({"scan", "--rules", "empty", "box"});
  run({"rules", "try", "-c", "warifu.conf", "none"});
  run({"records", "audit", "schema.toml", "none.csv"});
  run({"records", "audit", "schema.toml", "box"});
  run({"records", "audit", "schema.toml", "empty"});
  run({"records", "audit", "schema.toml", "t.csv"});
  run({"records", "index", "-c", "warifu.conf", "schema.toml", "t.csv", "--output", "box"});
  run({"records", "index", "-c", "warifu.conf", "schema.toml", "t.csv", "--output", "/dev/full"});
  run({"records", "index", "-c", "warifu.conf", "schema.toml", "t.csv", "--output", "none/x"});
  run({"records", "index", "-c", "warifu.conf", "schema.toml", "t.csv", "--key", "none/key"});
  ExpectGolden("mistakes.txt", told);
  // It was replaced by a file, as root.
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/full"));
}

constexpr std::string_view kTrial =
    "パスワード：Xk29vmQ1\npassword: aaaaaaaa\npassword = <password>\nmail.internal.example\n";

TEST_F(GoldenTest, RulesTry) {
  Expect("rules-try.txt", {"rules", "try", "-", "--config", "warifu.conf"}, kTrial);
  Expect("rules-try.json", {"rules", "try", "-", "--config", "warifu.conf", "--format", "json"},
         kTrial);
  Expect("rules-try-one.txt",
         {"rules", "try", "-", "--rule", "password-label", "--config", "warifu.conf"}, kTrial);
}

TEST_F(GoldenTest, RulesTryOnAFolder) {
  Write("new.toml",
        "[[rules]]\nid = \"new\"\nregex = '''tick-([a-z0-9]{8})'''\nentropy = 1.0\n"
        "[rules.mail]\nseverity = \"high\"\naction = \"hold\"\n");
  Write("box/1.eml", "From: Taro <taro@example.jp>\nTo: a@example.com\n\ntick-k29vmq1z\n");
  Write("box/2.eml", "From: taro@example.jp\n\ntick-k29vmq2z tick-k29vmq3z\npassword: Xk29vmQ1\n");
  Write("box/3.mbox",
        "From a@b Mon Sep 17 10:11:12 2001\nFrom: jiro@example.jp\n\nlunch\n"
        "\nFrom a@b Mon Sep 17 10:11:12 2001\nFrom: jiro@example.jp\n\n"
        "tick-aaaaaaaa tick-k29vmq4z\n");
  const std::vector<std::string> args = {"rules", "try",      "new.toml",
                                         "box",   "--config", "warifu.conf"};
  Expect("rules-try-folder.txt", args);
  std::vector<std::string> json = args;
  json.insert(json.end(), {"--format", "json"});
  Expect("rules-try-folder.json", json);
  EXPECT_EQ(Run(args).status, 1);
  EXPECT_THAT(Run(args).err,
              ::testing::HasSubstr("4 messages, 3 with a match: 4 matches, 1 dropped"));
  // Rules that are tried and those in force are of one configuration: its notes are told once.
  const std::string notes = Run(args).err;
  const std::size_t first = notes.find("warifu: note: no domains are set");
  ASSERT_NE(first, std::string::npos) << notes;
  EXPECT_EQ(notes.find("no domains are set", first + 20), std::string::npos) << notes;
  // Without others there is nothing to compare with; without mail nothing to try them on.
  EXPECT_EQ(Run({"rules", "try", "new.toml"}).status, 2);
  EXPECT_EQ(Run({"rules", "try", "new.toml", "box", "--rule", "nwe"}).status, 2);
  Expect("rules-try-summary.txt", {"rules", "try", "new.toml", "box/1.eml", "--summary"});
}

TEST_F(GoldenTest, RulesThatOnlyObserve) {
  const std::string head =
      "[[rules]]\nid = \"new\"\ndescription = \"A ticket\"\nregex = "
      "'''tick-([a-z0-9]{8})'''\n[rules.mail]\n";
  Write("old.toml", head + "action = \"hold\"\nuntil = 2020-01-01\n");
  Write("never.toml", head + "action = \"hold\"\nsample = 0.0\n");
  Write("box/1.eml", "From: Taro <taro@example.jp>\n\ntick-k29vmq1z\n");
  Write("box/2.eml", "From: Taro <taro@example.jp>\n\ntick-k29vmq2z\n");
  Expect("rules-try-until.txt", {"rules", "try", "old.toml", "box"});
  Expect("rules-try-sample.txt", {"rules", "try", "never.toml", "box"});
  Expect("rules-list-until.txt", {"rules", "list", "old.toml"});
  Expect("rules-list-sample.txt", {"rules", "list", "never.toml"});
  Expect("rules-check-until.txt", {"rules", "check", "old.toml"});
  EXPECT_EQ(Run({"rules", "check", "old.toml"}).status, 0);
}

TEST_F(GoldenTest, Scan) {
  Write("mail/1.eml", MailOf("member list", "1024,taro,Xk29vmQ1,2000-04-01\n"));
  Write("mail/2.eml", MailOf("lunch", "at noon?\n"));
  Write("mail/3.mbox", "From a@b Mon Sep 17 10:11:12 2001\n" + MailOf("a", "hello\n") +
                           "\nFrom a@b Mon Sep 17 10:11:12 2001\n" +
                           MailOf("b", "see mail.internal.example\n\n-- \npassword: hunter22!\n"));
  Write("mail/4.csv", "id,login\n2048,jiro,pQ83kdm2,2001-05-06\n");
  Write("mail/5.pdf", "%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\n%%EOF\n");
  Expect("scan.txt", {"scan", "mail", "--config", "warifu.conf"});
  Expect("scan-all.txt", {"scan", "--all", "mail", "--config", "warifu.conf"});
  Expect("scan-high.txt", {"scan", "--severity", "high", "mail", "--config", "warifu.conf"});
  Expect("scan.json", {"scan", "--all", "mail", "--config", "warifu.conf", "--format", "json"});
}

TEST_F(GoldenTest, RecordsIndex) {
  Write("members.toml", std::string(kMemberSchema) + "[index.mail]\nseverity = \"high\"\n");
  Write("members.csv",
        "number,login,password,name\n1000001,taro,Xk29;vmQ1,山田 太郎\n"
        "1000002,hanako,kk10Zt6x,花子\n1000003,jiro,pQ83#dm2,次郎\n1000004,saburo,,三郎\n");
  Write("ham/1.eml", MailOf("lunch", "taro asks: at noon?\n"));
  const std::vector<std::string> args = {"records",  "index",       "members.toml", "members.csv",
                                         "--key",    "records.key", "--background", "ham",
                                         "--output", "members.idx", "--config",     "warifu.conf"};
  const Outcome first = Run(args);
  EXPECT_EQ(first.status, kExitClean) << first.err;
  EXPECT_EQ(first.err, "made a new key: records.key\n");
  ExpectGolden("records-index.txt", first.out);
  std::vector<std::string> json = args;
  json.insert(json.end(), {"--format", "json"});
  Expect("records-index.json", json);

  WriteConfig("records = { indexes = [ \"" + folder_ + "/members.idx\" ]; key_file = \"" + folder_ +
              "/records.key\"; };\n");
  Write("mail/1.eml", MailOf("list", "社員 1000003 次郎\nhanako kk10Zt6x\n"));
  Expect("records-scan.txt", {"scan", "mail", "--config", "warifu.conf"});
  EXPECT_EQ(Run({"check", "--config", "warifu.conf"}).err.find("members.idx"), std::string::npos);
  Write("members.idx", "no index");
  const Outcome broken = Run({"scan", "mail", "--config", "warifu.conf"});
  EXPECT_EQ(broken.status, kExitError);
  EXPECT_NE(broken.err.find("this is no record index: it is too short"), std::string::npos)
      << broken.err;
}

TEST_F(GoldenTest, RecordsOfADatabase) {
  Write("members.toml", kMemberSchema);
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open((folder_ + "/members.db").c_str(), &db), SQLITE_OK);
  ASSERT_EQ(sqlite3_exec(db,
                         "create table m (number integer, login text, password text, name text, "
                         "signature text);"
                         "insert into m values (1000001, 'taro', 'Xk29;vmQ1', '山田 太郎', null),"
                         "(1000002, 'hanako', 'kk10Zt6x', '花子', '1000003,jiro,pQ83#dm2'),"
                         "(1000003, 'jiro', 'pQ83#dm2', '次郎', '次郎');",
                         nullptr, nullptr, nullptr),
            SQLITE_OK);
  sqlite3_close(db);
  const auto records = [&](const char* command, const char* query) {
    return Run({"records", command, "members.toml", "--url", "sqlite:" + folder_ + "/members.db",
                "--query", query});
  };
  const Outcome audit = records("audit", "select * from m order by number");
  EXPECT_EQ(audit.status, kExitFound) << audit.err;
  EXPECT_EQ(audit.out, "1000002  line 2  signature holds the record of 1000003\n");
  EXPECT_EQ(audit.err, "3 rows, 1 of them damaged: 1 record of 1 other member in them\n");
  const Outcome wrong = records("audit", "select number, login, name from m");
  EXPECT_EQ(wrong.status, kExitError);
  EXPECT_EQ(wrong.err, "warifu: the table has no column 'password'\n");
  EXPECT_EQ(records("audit", "select * from m where 0").err, "warifu: the query gives no rows\n");

  const Outcome index =
      Run({"records", "index", "members.toml", "--url", "sqlite:" + folder_ + "/members.db",
           "--query", "select name, password, login, number from m", "--key", "records.key",
           "--output", "members.idx", "--config", "warifu.conf"});
  EXPECT_EQ(index.status, kExitClean) << index.err;
  EXPECT_NE(index.out.find("wrote members.idx: 3 rows"), std::string::npos) << index.out;

  const auto why = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"records", "audit", "members.toml"});
    return Run(more).err;
  };
  EXPECT_EQ(why({}), "warifu: name the table: a file behind the schema, or --url and --query\n");
  EXPECT_EQ(why({"t.csv", "--url", "sqlite:/x"}), "warifu: either a TABLE or --url, not both\n");
  EXPECT_EQ(why({"t.csv", "--query", "select 1"}), "warifu: --query wants --url\n");
  EXPECT_NE(why({"--url", "postgresql:host=h password=x", "--query", "select 1"})
                .find("holds a password; put it into a file of its own"),
            std::string::npos);
}

TEST_F(GoldenTest, RecordsAudit) {
  Write("members.toml", kMemberSchema);
  Write("members.csv",
        "number,login,password,name,signature\n"
        "1000001,taro,Xk29;vmQ1,山田 太郎,\n"
        "1000002,hanako,kk10Zt6x,花子,\"花子\n1000003,jiro,pQ83#dm2,\n次郎,0,3\"\n"
        "1000003,jiro,pQ83#dm2,次郎,\"次郎です。山田太郎のパスワードはXk29;vmQ1だ\"\n");
  Expect("records-audit.txt", {"records", "audit", "members.toml", "members.csv"});
  Expect("records-audit.json",
         {"records", "audit", "members.toml", "members.csv", "--format", "json"});
  EXPECT_EQ(Run({"records", "audit", "members.toml", "members.csv"}).status, kExitFound);
  Write("short.csv", "number,login,password,name\n1000001,taro\n");
  const Outcome wrong = Run({"records", "audit", "members.toml", "short.csv"});
  EXPECT_EQ(wrong.status, kExitError);
  EXPECT_EQ(wrong.err,
            "warifu: short.csv:2: this row has 2 cells, not 4 (see its delimiter and quotes)\n");
}

}  // namespace
}  // namespace warifu::cli
