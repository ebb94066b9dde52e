// The strict parser on the From fields of ordinary mail: it must not refuse what people send.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/redact.h"
#include "forms.h"

namespace warifu::binding {
namespace {

namespace fs = std::filesystem;

const fs::path kData = fs::path(WARIFU_SOURCE_DIR) / "../shared/data";

// The head of a mail with CRLF line ends; an mbox "From " line at its top is dropped.
std::string HeadOf(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::string head;
  bool first = true;
  for (std::string line; std::getline(in, line); first = false) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) break;
    if (first && line.starts_with("From ")) continue;
    head += (head.empty() ? "" : "\r\n") + line;
  }
  return head;
}

bool IsName(std::string_view name, std::string_view wanted) {
  return std::ranges::equal(
      name, wanted, {}, [](unsigned char c) { return std::tolower(c); },
      [](unsigned char c) { return std::tolower(c); });
}

struct Tally {
  int fields = 0;
  std::vector<std::string> refused;  // file: field: reason
};

Tally Read(const std::vector<fs::path>& folders, std::string_view field) {
  Tally tally;
  std::vector<fs::path> files;
  for (const fs::path& folder : folders) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      const std::string type = entry.path().extension().string();
      const bool mail = type != ".xml" && type != ".rtf" && type != ".md" && type != ".json";
      if (entry.is_regular_file() && mail) files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  for (const fs::path& file : files) {
    for (const auto& [name, body] : SplitHead(HeadOf(file))) {
      if (!IsName(name, field)) continue;
      ++tally.fields;
      const Result<AddressList> list = ParseAddressList(body, {});
      if (list) continue;
      tally.refused.push_back(file.lexically_relative(kData).string() + ":" + Printable(body) +
                              ": " + list.error().text);
    }
  }
  return tally;
}

void Print(std::string_view what, std::string_view field, const Tally& tally) {
  std::cout << what << ", " << field << ": " << tally.fields << " fields, " << tally.refused.size()
            << " refused\n";
  for (std::size_t i = 0; i < std::min<std::size_t>(tally.refused.size(), 12); ++i) {
    std::cout << "  " << tally.refused[i] << '\n';
  }
}

TEST(HamTest, FromFieldsOfOrdinaryMailAreRead) {
  const fs::path corpus = kData / "spamassassin-publiccorpus/data";
  if (!fs::exists(corpus)) GTEST_SKIP() << "SKIPPED: no ham at " << corpus;
  const std::vector<fs::path> folders = {corpus / "easy-ham-1", corpus / "easy-ham-2",
                                         corpus / "hard-ham-1"};
  const Tally from = Read(folders, "From");
  Print("ham", "From", from);
  EXPECT_GE(from.fields, 4140);
  EXPECT_LE(from.refused.size(), 5u);
  for (const char* field : {"Sender", "Reply-To", "Resent-From", "Resent-Sender"}) {
    const Tally tally = Read(folders, field);
    Print("ham", field, tally);
    EXPECT_LE(tally.refused.size(), 5u) << field;
  }
}

// Bounces and deliberately broken mail are among these: listed, not judged.
TEST(HamTest, FromFieldsOfOtherSetsAreListed) {
  if (!fs::exists(kData)) GTEST_SKIP() << "SKIPPED: no data at " << kData;
  for (const char* set :
       {"jpmobile-mail", "sisimai-bounces", "notmuch-corpora", "ruby-mail", "redmine-mailhandler",
        "bounceparser", "stalwart-mail-parser", "mimekit", "james-mime4j"}) {
    if (!fs::exists(kData / set)) continue;
    const Tally tally = Read({kData / set}, "From");
    Print(set, "From", tally);
    EXPECT_LE(10 * std::ssize(tally.refused), tally.fields) << set;
  }
}

}  // namespace
}  // namespace warifu::binding
