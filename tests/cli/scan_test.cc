#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/run.h"
#include "tool.h"

namespace warifu::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class ScanTest : public ToolTest {
 protected:
  Outcome Scan(std::vector<std::string> args, std::string_view input = "") {
    args.insert(args.begin(), {"scan", "--config", "warifu.conf"});
    return Run(args, input);
  }
};

const std::string kLeak = MailOf("x", "password: Xk29vmQ1\n");
const std::string kClean = MailOf("x", "nothing here\n");

TEST_F(ScanTest, ExitStatusSaysWhatWasFound) {
  EXPECT_EQ(Scan({"-"}, kLeak).status, kExitFound);
  EXPECT_EQ(Scan({"-"}, kClean).status, kExitClean);
  EXPECT_EQ(Scan({"-", "--severity", "critical"}, kLeak).status, kExitClean);
  EXPECT_EQ(Scan({"-", "--severity", "high"}, kLeak).status, kExitFound);
  EXPECT_EQ(Scan({"nowhere"}).status, kExitError);
  EXPECT_EQ(Run({"scan"}).status, kExitError);
  EXPECT_EQ(Run({"scan", "--config", "absent.conf", "-"}).status, kExitError);
  EXPECT_EQ(Scan({"-", "--jobs", "0"}).status, kExitError);
  EXPECT_EQ(Scan({"-", "--jobs", "x"}).status, kExitError);
}

TEST_F(ScanTest, ABaselineLetsKnownFindingsPassAndNewOnesNot) {
  Write("a.eml", kLeak);
  EXPECT_EQ(Scan({"a.eml", "--write-baseline", "known.toml"}).status, kExitFound);
  const Outcome known = Scan({"a.eml", "--baseline", "known.toml"});
  EXPECT_EQ(known.status, kExitClean);
  EXPECT_EQ(known.out, "");
  EXPECT_THAT(known.err, HasSubstr("ignored: 1\n"));
  const Outcome all = Scan({"a.eml", "--baseline", "known.toml", "--all"});
  EXPECT_THAT(all.out, HasSubstr("ignored: baseline of 2026-09-21"));
  Write("b.eml", MailOf("x", "password: Xk29vmQ1\n\npassword: pQ83kdm2\n"));
  const Outcome fresh = Scan({"b.eml", "--baseline", "known.toml", "--format", "json"});
  EXPECT_EQ(fresh.status, kExitFound);
  const auto json = nlohmann::json::parse(fresh.out);
  EXPECT_EQ(json["verdict"], "hold");
  EXPECT_EQ(json["findings"][0]["ignored"], "baseline of 2026-09-21");
  EXPECT_EQ(json["findings"][1]["ignored"], "");

  // A baseline over a baseline keeps the reasons; one that is not there is an error.
  EXPECT_EQ(Scan({"b.eml", "--baseline", "known.toml", "--write-baseline", "more.toml"}).status,
            kExitFound);
  EXPECT_EQ(Scan({"b.eml", "--baseline", "more.toml"}).status, kExitClean);
  EXPECT_EQ(Scan({"b.eml", "--baseline", "absent.toml"}).status, kExitError);
  EXPECT_EQ(Scan({"b.eml", "--write-baseline", "none/x.toml"}).status, kExitError);
  // Without a lasting key no finding is known again.
  const Outcome keyless = Run({"scan", "a.eml", "--rules", "rules.toml", "--write-baseline", "k"});
  EXPECT_EQ(keyless.status, kExitError);
  EXPECT_THAT(keyless.err, HasSubstr("--write-baseline needs a configuration"));
}

TEST_F(ScanTest, GoesOnBehindAnUnreadableFile) {
  Write("a.eml", kLeak);
  const Outcome outcome = Scan({"absent.eml", "a.eml"});
  EXPECT_EQ(outcome.status, kExitError);
  EXPECT_THAT(outcome.err, HasSubstr("warifu: absent.eml: No such file"));
  EXPECT_THAT(outcome.err, HasSubstr("1 unreadable"));
  EXPECT_THAT(outcome.out, HasSubstr("a.eml: hold"));
}

TEST_F(ScanTest, RulesOnTheLineNeedNoConfiguration) {
  Write("own.toml", "[[rules]]\nid = \"own\"\nregex = '''secret-\\d{8}'''\n");
  const Outcome outcome = Run({"scan", "--rules", "own.toml", "--format", "json", "-"},
                              MailOf("x", "secret-12345678 password: Xk29vmQ1\n"));
  EXPECT_EQ(outcome.status, kExitFound);
  const auto json = nlohmann::json::parse(outcome.out);
  ASSERT_EQ(json["findings"].size(), 1u);
  EXPECT_EQ(json["findings"][0]["rule"], "own");
}

TEST_F(ScanTest, JsonHasTheDocumentedMembersAlone) {
  const Outcome outcome = Scan({"-", "--format", "json"}, kLeak);
  const auto json = nlohmann::ordered_json::parse(outcome.out);
  const auto names = [](const nlohmann::ordered_json& object) {
    std::vector<std::string> out;
    for (const auto& [key, value] : object.items()) out.push_back(key);
    return out;
  };
  EXPECT_THAT(names(json),
              ::testing::ElementsAre("path", "index", "verdict", "findings", "faults"));
  EXPECT_THAT(names(json["findings"][0]),
              ::testing::ElementsAre("rule", "severity", "mode", "region", "part", "offset",
                                     "length", "preview", "fingerprint", "owner", "ignored"));
  EXPECT_EQ(json["findings"][0]["offset"], 10);
  EXPECT_EQ(json["findings"][0]["length"], 8);
}

TEST_F(ScanTest, NoSecretInAnyOutput) {
  Write("a.csv", "1,taro,Xk29vmQ1,x\npassword: Xk29vmQ1\n");
  Write("m.eml", kLeak);
  for (const char* format : {"text", "json"}) {
    const Outcome scan = Scan({"--all", "a.csv", "m.eml", "--format", format});
    EXPECT_THAT(scan.out + scan.err, Not(HasSubstr("k29vmQ1")));
    const Outcome trial =
        Run({"rules", "try", "m.eml", "--rules", "rules.toml", "--format", format});
    EXPECT_THAT(trial.out, HasSubstr("Xk*"));
    EXPECT_THAT(trial.out + trial.err, Not(HasSubstr("k29vmQ1")));
  }
}

TEST_F(ScanTest, NamesFromMailAndDiskCannotSteerATerminal) {
  const std::string evil = "evil\x1b[2J\nname";
  Write(evil, kLeak);
  const Outcome text = Scan({evil});
  EXPECT_THAT(text.out, Not(HasSubstr("\x1b")));
  EXPECT_THAT(text.out, Not(HasSubstr("evil\n")));
  const Outcome json = Scan({evil, "--format", "json"});
  EXPECT_EQ(nlohmann::json::parse(json.out)["path"], evil);
  EXPECT_EQ(std::ranges::count(json.out, '\n'), 1);
}

TEST_F(ScanTest, ManyMessagesKeepTheirOrderOnManyThreads) {
  std::string mbox;
  for (int i = 0; i < 600; ++i) {
    mbox += "From a@b Mon Sep 17 10:11:12 2001\n" +
            MailOf(std::to_string(i), i % 3 == 0 ? "password: Xk29vmQ1\n" : "nothing\n") + "\n";
  }
  Write("all.mbox", mbox);
  const Outcome outcome = Scan({"all.mbox", "--all", "--jobs", "8", "--format", "json"});
  std::istringstream lines(outcome.out);
  int expected = 0;
  for (std::string line; std::getline(lines, line); ++expected) {
    const auto json = nlohmann::json::parse(line);
    ASSERT_EQ(json["index"], expected);
    ASSERT_EQ(json["findings"].size(), expected % 3 == 0 ? 1u : 0u);
  }
  EXPECT_EQ(expected, 600);
  EXPECT_THAT(outcome.err, HasSubstr("600 messages"));
  EXPECT_THAT(outcome.err, HasSubstr("200 with findings"));
}

TEST_F(ScanTest, AMessageAboveTheLimitIsAFaultAndNotClean) {
  WriteConfig(
      "limits = { message = \"64K\"; header = \"16K\"; };\nfaults = { too-large = \"hold\"; };\n");
  const Outcome outcome =
      Scan({"-", "--format", "json"}, MailOf("x", std::string(200'000, 'x') + "\n"));
  EXPECT_EQ(outcome.status, kExitFound);
  EXPECT_THAT(outcome.out, HasSubstr(R"("faults":[{"cause":"too-large")"));
  EXPECT_THAT(outcome.err, HasSubstr("too-large 1"));
}

TEST_F(ScanTest, FaultsThatAreAcceptedAreCountedAndPrintedWithAllOnly) {
  const std::string pdf = "%PDF-1.4\n1 0 obj\n<< >>\nendobj\n%%EOF\n";
  const Outcome outcome = Scan({"-"}, pdf);
  EXPECT_EQ(outcome.status, kExitClean);
  EXPECT_THAT(outcome.out, IsEmpty());
  EXPECT_THAT(outcome.err, HasSubstr("faults: unread-type 1"));
  EXPECT_THAT(Scan({"-", "--all"}, pdf).out, HasSubstr("application/pdf"));
}

TEST_F(ScanTest, AnAccountIsHeldAgainstTheAuthor) {
  Write("table", "taro@example.jp taro\nhanako@example.jp hanako\n");
  WriteConfig("domains = [ \"example.jp\" ];\ndirectory = { table = \"" + folder_ +
              "/table\"; };\n");
  EXPECT_EQ(Scan({"-", "--account", "taro"}, kClean).status, kExitClean);
  const Outcome other = Scan({"-", "--account", "hanako"}, kClean);
  EXPECT_EQ(other.status, kExitFound);
  EXPECT_THAT(other.out, HasSubstr("author"));
}

TEST_F(ScanTest, AFullDiskIsAnError) {
  std::ostringstream err;
  std::ostringstream out;
  out.setstate(std::ios::badbit);
  Terminal terminal{.out = out, .err = err};
  EXPECT_EQ(cli::Run(std::vector<std::string>{"help"}, terminal), kExitError);
  EXPECT_THAT(err.str(), HasSubstr("cannot write"));
}

TEST_F(ScanTest, AnUnknownRuleIsAnsweredWithTheNearest) {
  const Outcome outcome =
      Run({"rules", "try", "--rules", "rules.toml", "-", "--rule", "password-lable"}, "x");
  EXPECT_EQ(outcome.status, kExitError);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'password-label'"));
}

TEST_F(ScanTest, RulesCheckTellsFilesThatAreWrongFromFilesThatAreNotThere) {
  Write("bad.toml", "[[rules]]\nid = \"a\"\nregx = '''x'''\n");
  EXPECT_EQ(Run({"rules", "check", "bad.toml"}).status, kExitFound);
  EXPECT_EQ(Run({"rules", "check", "absent.toml"}).status, kExitError);
  EXPECT_EQ(Run({"rules", "check", "rules.toml"}).status, kExitClean);
  EXPECT_EQ(Run({"rules", "list", "bad.toml"}).status, kExitError);
}

}  // namespace
}  // namespace warifu::cli
