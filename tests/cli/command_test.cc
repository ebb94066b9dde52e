#include "cli/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace warifu::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

int Nothing(const Arguments&, Terminal&) {
  return kExitClean;
}

constexpr Option kScanOptions[] = {
    {"rules", "PATH", "rules to use", true},
    {"all", "", "clean ones too"},
    {"colour", "auto|always|never", "when to colour"},
    {"account", "NAME", "whose mail it is"},
};
constexpr Command kTable[] = {
    {"scan", "[PATH...|-]", 0, -1, "scan things", "Long words.\n\nMore words.", kScanOptions,
     Nothing},
    {"rules check", "[PATH...]", 0, -1, "check rules", "", {}, Nothing},
    {"rules list", "", 0, 0, "list rules", "", {}, Nothing},
    {"rules try", "FILE|-", 1, 2, "try rules", "", {}, Nothing},
    {"reload", "", 0, 0, "reload it", "", {}, Nothing},
};

Result<Parsed> Parse(std::vector<std::string> args) {
  return ParseCommandLine(kTable, args);
}

std::string ErrorOf(std::vector<std::string> args) {
  const Result<Parsed> parsed = Parse(std::move(args));
  return parsed ? "(no error)" : parsed.error().text;
}

TEST(CommandTest, WordsAndTheirPrefixes) {
  EXPECT_EQ(Parse({"scan"})->command->words, "scan");
  EXPECT_EQ(Parse({"sc"})->command->words, "scan");
  EXPECT_EQ(Parse({"rules", "check"})->command->words, "rules check");
  EXPECT_EQ(Parse({"ru", "l"})->command->words, "rules list");
}

TEST(CommandTest, AmbiguousAndUnknownWordsSayWhatTheyCouldBe) {
  EXPECT_EQ(ErrorOf({"r"}), "command 'r' could be: rules, reload");
  EXPECT_EQ(ErrorOf({"relaod"}), "unknown command 'relaod' (did you mean 'reload'?)");
  EXPECT_EQ(ErrorOf({"frobnicate"}),
            "unknown command 'frobnicate'; known are: scan, rules, reload");
  EXPECT_EQ(ErrorOf({"rules", "chekc"}), "unknown 'rules' command 'chekc' (did you mean 'check'?)");
  EXPECT_EQ(ErrorOf({"rules"}), "'rules' goes on with: check, list, try");
  EXPECT_THAT(ErrorOf({""}), HasSubstr("unknown command ''"));
}

TEST(CommandTest, OptionsInEveryPlaceAndForm) {
  const auto parsed = Parse({"--format", "json", "scan", "a", "--rules=x", "--rules", "y", "b",
                             "--al", "--", "--all", "-"});
  ASSERT_TRUE(parsed) << parsed.error().text;
  EXPECT_TRUE(parsed->arguments.json());
  EXPECT_TRUE(parsed->arguments.Has("all"));
  EXPECT_THAT(parsed->arguments.Values("rules"), ElementsAre("x", "y"));
  EXPECT_EQ(parsed->arguments.Value("rules"), "y");
  EXPECT_EQ(parsed->arguments.Value("account", "none"), "none");
  EXPECT_THAT(parsed->arguments.operands, ElementsAre("a", "b", "--all", "-"));
}

TEST(CommandTest, TheConfigurationHasAShortName) {
  EXPECT_EQ(Parse({"scan", "-c", "a.conf"})->arguments.Value("config"), "a.conf");
  EXPECT_EQ(Parse({"-c", "a.conf", "reload"})->arguments.Value("config"), "a.conf");
}

TEST(CommandTest, ValuesOfAChoiceAreChecked) {
  EXPECT_EQ(Parse({"scan", "--colour", "al"})->arguments.Value("colour"), "always");
  EXPECT_THAT(ErrorOf({"scan", "--colour", "a"}), HasSubstr("could be: auto, always"));
  EXPECT_THAT(ErrorOf({"scan", "--format", "jsn"}), HasSubstr("did you mean 'json'"));
  EXPECT_THAT(ErrorOf({"scan", "--format", "xml"}), HasSubstr("known are: text, json"));
}

TEST(CommandTest, WrongOptionsAreErrors) {
  EXPECT_THAT(ErrorOf({"scan", "--acount", "x"}), HasSubstr("did you mean 'account'"));
  EXPECT_THAT(ErrorOf({"scan", "--a"}), HasSubstr("could be: all, account"));
  EXPECT_THAT(ErrorOf({"scan", "--account"}), HasSubstr("needs a value: NAME"));
  EXPECT_THAT(ErrorOf({"scan", "--all=yes"}), HasSubstr("takes no value"));
  EXPECT_THAT(ErrorOf({"scan", "--account", "a", "--account", "b"}), HasSubstr("twice"));
  EXPECT_THAT(ErrorOf({"reload", "--all"}), HasSubstr("unknown option 'all'"));
  EXPECT_THAT(ErrorOf({"scan", "-x"}), HasSubstr("options begin with --"));
  EXPECT_THAT(ErrorOf({"scan", "-c"}), HasSubstr("option --config needs a value: FILE"));
}

TEST(CommandTest, OperandsAreCounted) {
  EXPECT_THAT(ErrorOf({"rules", "try"}), HasSubstr("usage: warifu rules try [OPTION...] FILE|-"));
  EXPECT_THAT(ErrorOf({"rules", "try", "a", "b", "c"}), HasSubstr("too much"));
  EXPECT_THAT(ErrorOf({"reload", "now"}), HasSubstr("too much"));
}

TEST(CommandTest, HelpWhereverItIsAskedFor) {
  EXPECT_TRUE(Parse({})->help);
  EXPECT_TRUE(Parse({"--help"})->help);
  EXPECT_TRUE(Parse({"-h"})->help);
  EXPECT_EQ(Parse({"rules", "--help"})->group, "rules");
  EXPECT_EQ(Parse({"rules", "try", "--help"})->command->words, "rules try");
}

TEST(CommandTest, HelpTextsComeFromTheRows) {
  const std::string all = HelpText(kTable);
  for (const Command& command : kTable) {
    EXPECT_THAT(all, HasSubstr(std::string(command.words)));
    EXPECT_THAT(all, HasSubstr(std::string(command.help)));
  }
  const std::string rules = HelpText(kTable, "rules");
  EXPECT_THAT(rules, HasSubstr("rules list"));
  EXPECT_THAT(rules, Not(HasSubstr("scan")));
  const std::string scan = HelpText(kTable[0]);
  for (const Option& option : kScanOptions) {
    EXPECT_THAT(scan, HasSubstr("--" + std::string(option.name)));
    EXPECT_THAT(scan, HasSubstr(std::string(option.help)));
  }
  EXPECT_THAT(scan, HasSubstr("Long words."));
  EXPECT_THAT(scan, HasSubstr("--format text|json"));
}

}  // namespace
}  // namespace warifu::cli
