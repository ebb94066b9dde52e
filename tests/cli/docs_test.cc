// The manual pages agree with the code, in both directions: commands and options with warifu(1),
// settings with warifu.conf(5), rule keys' words and validators with warifu-patterns(5), event
// fields with warifu-events(7), faults and actions where they are named.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "app/settings_table.h"
#include "base/action.h"
#include "base/check_result.h"
#include "base/fault.h"
#include "cli/run.h"
#include "incident/event.h"
#include "scan/validators.h"

namespace warifu::cli {
namespace {

using ::testing::HasSubstr;
using Names = std::set<std::string>;

std::vector<std::string> Lines(const std::string& page) {
  std::ifstream in(std::string(WARIFU_SOURCE_DIR "/man/") + page);
  EXPECT_TRUE(in) << page;
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<std::string> Words(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string Joined(const std::vector<std::string>& lines) {
  std::string all;
  for (const std::string& line : lines) all += line + '\n';
  return all;
}

// Command words → options with their values ("info|low"; "" for a flag, "X" for a free one).
std::map<std::string, std::map<std::string, std::string>> CommandsOfTheManual() {
  std::map<std::string, std::map<std::string, std::string>> out;
  std::string section, command;
  for (const std::string& line : Lines("warifu.1")) {
    const auto words = Words(line);
    if (words.empty()) continue;
    if (words[0] == ".Sh") section = line.substr(4);
    if (section == "COMMON OPTIONS") command = "(common)";
    if (section != "COMMON OPTIONS" && section != "COMMANDS") continue;
    if (words[0] != ".It" || words.size() < 3) continue;
    if (words[1] == "Cm") {
      command.clear();
      for (std::size_t i = 2; i < words.size() && words[i] != "Ar" && words[i] != "Op"; ++i) {
        command += (command.empty() ? "" : " ") + words[i];
      }
      out[command];
    } else if (words[1] == "Fl") {
      std::string value = words.size() > 3 && words[3] == "Ar" ? "X" : "";
      for (std::size_t i = 4; i < words.size() && words[3] == "Cm"; ++i) value += words[i];
      out[command][words[2].substr(1)] = value;
    }
  }
  return out;
}

std::map<std::string, std::string> OptionsOf(std::span<const Option> options) {
  std::map<std::string, std::string> out;
  for (const Option& option : options) {
    const bool choice = option.value.find('|') != std::string_view::npos;
    out[std::string(option.name)] = option.value.empty() ? ""
                                    : choice             ? std::string(option.value)
                                                         : "X";
  }
  return out;
}

TEST(DocsTest, CommandsAndOptionsAreThoseOfTheManual) {
  std::map<std::string, std::map<std::string, std::string>> known = {
      {"(common)", OptionsOf(CommonOptions())}};
  for (const Command& command : Commands()) {
    known[std::string(command.words)] = OptionsOf(command.options);
  }
  EXPECT_EQ(known, CommandsOfTheManual());
}

TEST(DocsTest, SynopsisNamesEveryCommandAndOption) {
  std::string synopsis;
  bool inside = false;
  for (const std::string& line : Lines("warifu.1")) {
    if (line.starts_with(".Sh")) inside = line == ".Sh SYNOPSIS";
    if (inside) synopsis += line + " | ";
  }
  for (const Command& command : Commands()) {
    std::istringstream words{std::string(command.words)};
    for (std::string word; words >> word;) EXPECT_THAT(synopsis, HasSubstr(word));
    for (const Option& option : command.options) {
      EXPECT_THAT(synopsis, HasSubstr("Fl -" + std::string(option.name)));
    }
  }
}

struct Documented {
  std::string standard;  // as it would be written in the file
  std::string section;   // text up to the next section
  std::string item;      // text up to the next setting that has a text
};

// `No = Qq observe` and `No = 30` and `No = [\(dqa\(dq]` to "observe", 30 and ["a"].
std::string ValueOfTheManual(std::string text) {
  text = std::regex_replace(text, std::regex(R"(\\\(dq)"), "\"");
  text = std::regex_replace(text, std::regex(R"(\\&)"), "");
  if (text.starts_with("Qq ")) return '"' + text.substr(3) + '"';
  return text;
}

std::map<std::string, Documented> SettingsOfTheManual() {
  std::map<std::string, Documented> out;
  std::vector<std::string> in_section, in_item;
  bool text_begun = false;
  for (const std::string& line : Lines("warifu.conf.5")) {
    std::smatch match;
    static const std::regex kItem(R"(\.It Va (\S+) No = (.*))");
    if (line.starts_with(".Sh")) {
      in_section.clear();
      in_item.clear();
    } else if (std::regex_match(line, match, kItem)) {
      if (text_begun) in_item.clear();
      text_begun = false;
      EXPECT_FALSE(out.contains(match[1])) << match[1] << " stands there twice";
      out[match[1]].standard = ValueOfTheManual(match[2]);
      in_section.push_back(match[1]);
      in_item.push_back(match[1]);
      continue;
    } else {
      text_begun = true;
    }
    for (const std::string& name : in_section) out[name].section += line + '\n';
    for (const std::string& name : in_item) out[name].item += line + '\n';
  }
  return out;
}

TEST(DocsTest, SettingsAndTheirDefaultsAreThoseOfTheManual) {
  const auto manual = SettingsOfTheManual();
  Names known;
  for (const app::Setting& setting : app::SettingsTable()) {
    const std::string name(setting.name);
    known.insert(name);
    ASSERT_TRUE(manual.contains(name)) << name << " is not in warifu.conf(5)";
    EXPECT_EQ(app::Render(setting, app::StandardValue(setting)), manual.at(name).standard) << name;
  }
  for (const auto& [name, unused] : manual) {
    EXPECT_TRUE(known.contains(name)) << name << " of warifu.conf(5) is no setting";
  }
}

TEST(DocsTest, RangesAndWordsAreThoseOfTheManual) {
  const auto manual = SettingsOfTheManual();
  for (const app::Setting& setting : app::SettingsTable()) {
    const auto it = manual.find(std::string(setting.name));
    if (it == manual.end()) continue;
    const std::string range(setting.range);
    if (setting.kind == app::Kind::kWord || setting.kind == app::Kind::kWords) {
      std::istringstream words(range);
      for (std::string word; std::getline(words, word, '|');) {
        // "Ql word" behind the setting, or before it for a list that shares its words.
        const std::string all = Joined(Lines("warifu.conf.5"));
        EXPECT_TRUE(
            it->second.section.find("Ql " + word) != std::string::npos ||
            (setting.name.starts_with("faults.") && all.find("Ql " + word) != std::string::npos))
            << setting.name << ": '" << word << "'";
      }
    } else if (const std::size_t dots = range.find(".."); dots != std::string::npos) {
      const std::string text = range.substr(0, dots) + " to " + range.substr(dots + 2);
      EXPECT_THAT(it->second.item, HasSubstr(text)) << setting.name;
    }
  }
}

TEST(DocsTest, EventFieldsAreThoseOfTheManual) {
  Names manual;
  for (const std::string& line : Lines("warifu-events.7")) {
    if (line.starts_with(".It Va ")) manual.insert(line.substr(7));
  }
  const Names known(incident::kEventFields.begin(), incident::kEventFields.end());
  EXPECT_EQ(known, manual);
}

TEST(DocsTest, TheWordsOfEventsAreInTheirManual) {
  const std::string page = Joined(Lines("warifu-events.7"));
  for (const auto outcome : {Outcome::kPass, Outcome::kFail, Outcome::kMalformed,
                             Outcome::kUnavailable, Outcome::kNotApplicable}) {
    EXPECT_THAT(page, HasSubstr("Ql " + std::string(ToString(outcome))));
  }
  for (const auto ownership : {Ownership::kUnknown, Ownership::kOnlyRecipient,
                               Ownership::kSelfDisclosure, Ownership::kStranger}) {
    EXPECT_THAT(page, HasSubstr("Ql " + std::string(ToString(ownership))));
  }
}

TEST(DocsTest, ValidatorsAreThoseOfTheManual) {
  const auto lines = Lines("warifu-patterns.5");
  std::map<std::string, std::string> manual;
  bool inside = false;
  for (std::size_t i = 0; i + 1 < lines.size(); ++i) {
    if (lines[i].starts_with(".Sh")) inside = lines[i] == ".Sh VALIDATORS";
    if (inside && lines[i].starts_with(".It Ic ")) manual[lines[i].substr(7)] = lines[i + 1];
  }
  std::map<std::string, std::string> known;
  for (const scan::NamedValidator& v : scan::Validators()) {
    known[std::string(v.name)] = std::string(v.help);
  }
  EXPECT_EQ(known, manual);
}

TEST(DocsTest, RegionsAndSeveritiesAreInTheManualOfRules) {
  const std::string page = Joined(Lines("warifu-patterns.5"));
  for (const auto region : {Region::kHeader, Region::kBody, Region::kQuoted, Region::kSignature,
                            Region::kAttachment, Region::kDocument}) {
    EXPECT_THAT(page, HasSubstr("Ql " + std::string(ToString(region))));
  }
  for (const auto severity :
       {Severity::kInfo, Severity::kLow, Severity::kMedium, Severity::kHigh, Severity::kCritical}) {
    EXPECT_THAT(page, HasSubstr("Ql " + std::string(ToString(severity))));
  }
}

// The pages themselves: every page names the others, and each is fit to print.
TEST(DocsTest, PagesNameOneAnother) {
  const std::map<std::string, std::string> pages = {{"warifu.1", ".Xr warifu 1"},
                                                    {"warifu.conf.5", ".Xr warifu.conf 5"},
                                                    {"warifu-notices.5", ".Xr warifu-notices 5"},
                                                    {"warifu-patterns.5", ".Xr warifu-patterns 5"},
                                                    {"warifu-records.5", ".Xr warifu-records 5"},
                                                    {"warifu-events.7", ".Xr warifu-events 7"},
                                                    {"warifu-guide.7", ".Xr warifu-guide 7"},
                                                    {"warifu-metrics.7", ".Xr warifu-metrics 7"},
                                                    {"warifu-milter.8", ".Xr warifu-milter 8"}};
  for (const auto& [page, own] : pages) {
    const std::string text = Joined(Lines(page));
    for (const auto& [unused, other] : pages) {
      if (other == own) continue;
      EXPECT_THAT(text, HasSubstr(other)) << page;
    }
  }
}

}  // namespace
}  // namespace warifu::cli
