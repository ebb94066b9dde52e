// Every file of the shared data through Parse: nothing crashes, nothing is `internal`, and a table
// says which doubts there were.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <set>

#include "base/utf8.h"
#include "mail/message.h"
#include "shared_data.h"

namespace warifu::mail {
namespace {

// An mbox cut at its "From " lines; one mail for everything else.
std::vector<std::string> Mails(std::string raw) {
  if (!raw.starts_with("From ")) return {std::move(raw)};
  std::vector<std::string> mails;
  std::size_t begin = 0;
  while (begin < raw.size()) {
    const std::size_t next = raw.find("\n\nFrom ", begin);
    const std::size_t end = next == std::string::npos ? raw.size() : next + 2;
    mails.push_back(raw.substr(begin, end - begin));
    begin = end;
  }
  return mails;
}

// What must hold for every message, whatever went in.
void CheckInvariants(const Message& m, const std::string& where) {
  for (const Fault& f : m.faults) EXPECT_NE(f.cause, FaultCause::kInternal) << where;
  std::set<std::string> numbers;
  for (const Part& p : m.parts) EXPECT_TRUE(numbers.insert(p.number).second) << where << p.number;
  for (const Segment& s : m.segments) {
    EXPECT_TRUE(IsUtf8(s.text)) << where << " " << s.part;
    EXPECT_EQ(s.text.find('\r'), std::string::npos) << where << " " << s.part;
    std::size_t at = 0;
    for (const RegionSpan& r : s.regions) {
      EXPECT_EQ(r.span.begin, at) << where << " " << s.part;
      at = r.span.end;
    }
    EXPECT_EQ(at, s.text.size()) << where << " " << s.part;
    if (!s.field.empty()) continue;
    const auto part = std::ranges::find(m.parts, s.part, &Part::number);
    ASSERT_NE(part, m.parts.end()) << where << " " << s.part;
    EXPECT_LE(s.ToContent({0, s.text.size()}).end, part->content.size()) << where << " " << s.part;
  }
}

// The sets also hold expected answers and notes.
bool IsMail(const std::filesystem::path& path, const Message& m) {
  static const std::set<std::string> kAnswers = {".json", ".xml", ".md", ".out", ".html", ".yml"};
  return m.fields.size() >= 2 && !kAnswers.contains(path.extension().string());
}

TEST(Faults, TableOverAllSharedData) {
  SKIP_WITHOUT_SHARED_DATA("spamassassin-publiccorpus");
  // Folders of mail; the rest are rules, documents and lists, read only to see that nothing breaks.
  const std::set<std::string> mail_folders = {"bogofilter-inputs",
                                              "bounceparser",
                                              "cyrus-mime",
                                              "enmime",
                                              "evolution-camel",
                                              "gmime",
                                              "horde-mime",
                                              "james-mime4j",
                                              "jpmobile-mail",
                                              "kmime",
                                              "mimekit",
                                              "notmuch-corpora",
                                              "python-email",
                                              "redmine-mailhandler",
                                              "ruby-mail",
                                              "sisimai-bounces",
                                              "spamassassin-publiccorpus",
                                              "stalwart-mail-parser"};
  std::map<std::string, std::map<std::string, int>> faults;  // cause → folder → mails
  std::map<std::string, int> mails;
  int with_fault = 0, total = 0, other = 0;
  for (const auto& path : test::FilesBelow(test::SharedData(""))) {
    if (path.extension() == ".sealed") continue;
    const std::string folder = path.lexically_relative(test::SharedData("")).begin()->string();
    for (const std::string& raw : Mails(test::ReadFile(path))) {
      const Message m = Parse(raw, {});
      CheckInvariants(m, path.string());
      if (!mail_folders.contains(folder) || !IsMail(path, m)) {
        ++other;
        continue;
      }
      ++total;
      ++mails[folder];
      std::set<std::string> causes;
      for (const Fault& f : m.faults) causes.emplace(ToString(f.cause));
      for (const std::string& cause : causes) ++faults[cause][folder];
      with_fault += !causes.empty();
    }
  }
  std::printf("%d mails, %d with a fault; %d other files\n", total, with_fault, other);
  for (const auto& [cause, folders] : faults) {
    int sum = 0;
    for (const auto& [folder, count] : folders) sum += count;
    std::printf("  %-16s %5d  ", cause.c_str(), sum);
    for (const auto& [folder, count] : folders) std::printf(" %s %d", folder.c_str(), count);
    std::printf("\n");
  }
  EXPECT_GT(total, 6000);
}

}  // namespace
}  // namespace warifu::mail
