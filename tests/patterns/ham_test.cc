// The shipped rules on ordinary mail: findings of severity high or above are rare, and each is
// printed by rule and file, never with what matched.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <string>

#include "../mail/shared_data.h"
#include "extract/file_type.h"
#include "mail/message.h"
#include "shipped_rules.h"

namespace warifu::scan {
namespace {

constexpr const char* kHam[] = {"spamassassin-publiccorpus/data/easy-ham-1",
                                "spamassassin-publiccorpus/data/easy-ham-2",
                                "spamassassin-publiccorpus/data/hard-ham-1",
                                "notmuch-corpora/data",
                                "bounceparser/data",
                                "jpmobile-mail/data",
                                "ruby-mail/data",
                                "redmine-mailhandler/data",
                                "cyrus-mime/data"};

// What the gateway does with a mail up to its findings.
std::vector<Finding> FindingsIn(const std::string& raw, const extract::FileTyper& typer) {
  const mail::Limits limits;
  mail::Message message = mail::Parse(raw, limits);
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    if (!message.parts[i].attachment) continue;
    const auto type = typer.Identify(message.parts[i].content);
    if (!type || (type->kind != extract::Kind::kText && type->kind != extract::Kind::kHtml)) {
      continue;
    }
    mail::AddText(
        &message, i,
        type->kind == extract::Kind::kHtml ? mail::TextKind::kHtml : mail::TextKind::kPlain,
        limits);
  }
  ScanResult result = ShippedRules().Scan(message.segments, {});
  EXPECT_TRUE(result.faults.empty());
  return std::move(result.findings);
}

TEST(Ham, FindingsOfHighSeverityAreRare) {
  SKIP_WITHOUT_SHARED_DATA("spamassassin-publiccorpus");
  const auto typer = extract::OpenFileTyper();
  ASSERT_TRUE(typer);
  std::map<std::string, std::size_t> rules;  // "severity rule" → findings
  for (const char* folder : kHam) {
    if (!std::filesystem::exists(test::SharedData(folder))) continue;
    std::size_t mails = 0, alarming = 0;
    for (const auto& path : test::FilesBelow(test::SharedData(folder))) {
      ++mails;
      bool high = false;
      for (const Finding& f : FindingsIn(test::ReadFile(path), **typer)) {
        ++rules[std::string(ToString(f.severity)) + " " + f.rule];
        if (f.severity < Severity::kHigh) continue;
        high = true;
        std::printf("%s %s in %s (%s)\n", std::string(ToString(f.severity)).c_str(), f.rule.c_str(),
                    path.filename().c_str(), std::string(ToString(f.region)).c_str());
      }
      alarming += high;
    }
    std::printf("%s: %zu mails, %zu with a finding of severity high or above: %.2f in 1,000\n",
                folder, mails, alarming,
                1000.0 * static_cast<double>(alarming) / static_cast<double>(mails));
    // Three folders are one corpus of 4,150 mails: four in all, so at most two in one.
    EXPECT_LE(alarming, std::max<std::size_t>(2, mails / 1000)) << folder;
  }
  for (const auto& [rule, count] : rules) std::printf("%6zu %s\n", count, rule.c_str());
}

}  // namespace
}  // namespace warifu::scan
