// An exact-match index on ordinary mail: no row of a made-up table stands in it.
//
// The table is as a mail service has it: numbers without gaps, logins of syllables and of words
// that mails are full of, passwords some of which are such words, too.
#include <gtest/gtest.h>

#include <cstdio>
#include <random>
#include <set>

#include "../mail/shared_data.h"
#include "base/normalise.h"
#include "mail/message.h"
#include "scan/index_builder.h"
#include "scan/record_finder.h"

namespace warifu::scan {
namespace {

constexpr std::size_t kRows = 1'026'000;
constexpr const char* kSchema = R"([index]
id = "members"
handle = "number"
[[index.columns]]
name = "number"
role = "key"
type = "digits"
[[index.columns]]
name = "login"
role = "key"
type = "login"
[[index.columns]]
name = "password"
role = "key"
type = "password"
[[index.columns]]
name = "name"
role = "corroborate"
type = "name"
)";
constexpr const char* kWords[] = {"info",   "support", "sales",  "john",    "linux",  "music",
                                  "summer", "orange",  "secret", "welcome", "dragon", "monday",
                                  "travel", "school",  "office", "letter",  "market", "window"};

class MadeUpTable final : public RowSource {
 public:
  Result<bool> Next(std::span<const std::string_view>* cells) override {
    if (row_ == kRows) return false;
    row_text_[0] = std::to_string(1000000 + row_);
    row_text_[1] = Login();
    row_text_[2] = random_() % 50 == 0 ? kWords[random_() % std::size(kWords)] : Password();
    row_text_[3] = Pick({"佐藤", "鈴木", "高橋", "田中", "伊藤", "Smith", "山本", "中村"}) + " " +
                   Pick({"太郎", "花子", "次郎", "ミサキ", "Ken", "さくら", "一郎", "Anna"});
    for (std::size_t i = 0; i < 4; ++i) cells_[i] = row_text_[i];
    *cells = cells_;
    ++row_;
    return true;
  }
  std::uint64_t line() const override { return row_; }
  std::uint64_t done() const override { return row_; }
  std::uint64_t total() const override { return kRows; }
  Result<void> Rewind() override { return {}; }

 private:
  std::string Pick(std::initializer_list<const char*> words) {
    return words.begin()[random_() % words.size()];
  }
  std::string Login() {
    std::string login = random_() % 200 == 0 ? kWords[random_() % std::size(kWords)] : "";
    for (std::size_t n = login.empty() ? 2 + random_() % 3 : 0; n > 0; --n) {
      login += Pick({"ka", "shi", "tsu", "ne", "ho", "mi", "yu", "ro", "ma", "ken", "to", "sa"});
    }
    return random_() % 3 == 0 ? login : login + std::to_string(random_() % 9999);
  }
  std::string Password() {
    std::string password;
    for (std::size_t n = 6 + random_() % 5; n > 0; --n) {
      password += "abcdefghkmnprstuvwxyz23456789AB#!-"[random_() % 34];
    }
    return password;
  }

  std::mt19937 random_{20000407};
  std::size_t row_ = 0;
  std::string row_text_[4];
  std::vector<std::string_view> cells_ = std::vector<std::string_view>(4);
};

TEST(Ham, NoRowOfAMadeUpTableIsMetByChance) {
  SKIP_WITHOUT_SHARED_DATA("spamassassin-publiccorpus");
  const auto schema = ParseIndexSchema(kSchema, "schema");
  ASSERT_TRUE(schema);
  MadeUpTable table;
  const SipKey key{7, 11};
  auto built = BuildIndex(*schema, key, table, WallTime{}, {});
  ASSERT_TRUE(built) << built.error().ToString();
  EXPECT_LE(built->bytes.size(), 64u << 20);
  const auto index = RecordIndex::FromBytes(std::move(built->bytes), key);
  ASSERT_TRUE(index);
  const RecordFinder finder(**index);
  FindStats stats;
  FindOptions options;
  options.stats = &stats;
  std::size_t mails = 0, bytes = 0;
  std::vector<RowMatch> matches;
  for (const auto& folder : std::filesystem::directory_iterator(test::SharedData(""))) {
    const std::string name = folder.path().filename();
    if (!folder.is_directory() || name.ends_with(".sealed")) continue;
    for (const auto& path : test::FilesBelow(folder.path())) {
      if (std::filesystem::file_size(path) > (4u << 20)) continue;
      const mail::Message message = mail::Parse(test::ReadFile(path), {});
      ++mails;
      const std::size_t before = matches.size();
      for (const Segment& segment : message.segments) {
        bytes += segment.text.size();
        finder.Find(segment.text, options, &matches);
      }
      if (matches.size() > before) std::printf("met by chance in %s\n", path.c_str());
    }
  }
  std::printf(
      "%zu files, %zu KiB of text: %lu candidates, %lu passed the filter; met: %lu numbers, "
      "%lu logins, %lu passwords; %zu rows matched\n",
      mails, bytes / 1024, stats.candidates, stats.passed, stats.keys[0], stats.keys[1],
      stats.keys[2], matches.size());
  EXPECT_GT(stats.keys[1], 0u);
  EXPECT_EQ(matches.size(), 0u);
}

}  // namespace
}  // namespace warifu::scan
