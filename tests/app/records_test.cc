// Indexes that are replaced while mail is scanned.
#include "app/records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "scan/index_builder.h"
#include "scan/record_key.h"

namespace warifu::app {
namespace {

using ::testing::HasSubstr;

constexpr const char* kSchema = R"([index]
id = "ID"
handle = "login"
[[index.columns]]
name = "login"
role = "key"
type = "login"
[[index.columns]]
name = "password"
role = "corroborate"
type = "password"
)";

class RecordsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = "/tmp/warifu-records-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    const auto key = scan::CreateRecordKey(folder_ + "/key");
    ASSERT_TRUE(key);
    key_ = *key;
    settings_ = {{folder_ + "/a.idx"}, folder_ + "/key"};
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  void Build(const std::string& row, const std::string& id = "members") const {
    std::string text = kSchema;
    text.replace(text.find("ID"), 2, id);
    const auto schema = scan::ParseIndexSchema(text, "s");
    ASSERT_TRUE(schema);
    std::ofstream(folder_ + "/t.csv") << "login,password\n" << row << "\n";
    auto rows = scan::OpenTable(*schema, folder_ + "/t.csv");
    ASSERT_TRUE(rows);
    const auto built = scan::BuildIndex(*schema, key_, **rows, WallTime{}, {});
    ASSERT_TRUE(built);
    ASSERT_TRUE(scan::WriteIndex(folder_ + "/a.idx", built->bytes, -1));
  }

  std::shared_ptr<const Records> Open(const std::vector<std::string>& disabled = {}) const {
    auto records = Records::Open(settings_, {}, disabled);
    EXPECT_TRUE(records) << records.error()[0].ToString();
    return records ? *records : nullptr;
  }

  // What is found in a mail with both rows, `seconds` later than the start.
  scan::ScanResult Scan(const Records& records, int seconds) const {
    Segment segment;
    segment.text = "taro kk10Zt6x\nhanako pQ83;dm2\n";
    segment.regions = {{Region::kBody, {0, segment.text.size()}}};
    scan::ScanResult result;
    records.Scan(std::vector{segment}, {}, SteadyTime(std::chrono::seconds(1000 + seconds)),
                 &result);
    return result;
  }
  static std::string Owners(const scan::ScanResult& result) {
    std::string owners;
    for (const Finding& finding : result.findings) owners += finding.owner + ";";
    for (const Fault& fault : result.faults) owners += std::string(ToString(fault.cause)) + "!";
    return owners;
  }

  std::string folder_;
  scan::SipKey key_;
  RecordSettings settings_;
};

TEST_F(RecordsTest, AReplacedIndexIsTakenUp) {
  Build("taro,kk10Zt6x");
  const auto records = Open();
  EXPECT_EQ(Owners(Scan(*records, 0)), "taro;");
  Build("hanako,pQ83;dm2");
  EXPECT_EQ(Owners(Scan(*records, 2)), "hanako;");
}

TEST_F(RecordsTest, ABadOneLeavesTheOlderInUseAndIsAFault) {
  Build("taro,kk10Zt6x");
  const auto records = Open();
  EXPECT_EQ(Owners(Scan(*records, 0)), "taro;");
  ASSERT_TRUE(scan::WriteIndex(folder_ + "/a.idx", "nothing", -1));
  EXPECT_EQ(Owners(Scan(*records, 2)), "taro;engine!");
  EXPECT_EQ(Owners(Scan(*records, 2)), "taro;engine!");
  EXPECT_THAT(Scan(*records, 2).faults[0].detail, HasSubstr("a.idx: this is no record index"));
  std::filesystem::remove(folder_ + "/a.idx");
  EXPECT_EQ(Owners(Scan(*records, 4)), "taro;engine!");
  Build("hanako,pQ83;dm2", "others");
  EXPECT_EQ(Owners(Scan(*records, 6)), "taro;engine!");
  Build("hanako,pQ83;dm2");
  EXPECT_EQ(Owners(Scan(*records, 8)), "hanako;");
}

TEST_F(RecordsTest, NoMailIsMissedWhileIndexesAreReplaced) {
  Build("taro,kk10Zt6x");
  const auto records = Open();
  std::atomic<bool> stop = false;
  std::atomic<int> seconds = 0, scanned = 0, wrong = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) {
        const std::string owners = Owners(Scan(*records, seconds));
        wrong += owners != "taro;" && owners != "hanako;" ? 1 : 0;
        ++scanned;
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    Build(i % 2 == 0 ? "hanako,pQ83;dm2" : "taro,kk10Zt6x");
    seconds += 2;
    const int before = scanned;
    while (scanned < before + 20) std::this_thread::yield();
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(Owners(Scan(*records, seconds + 2)), "taro;");
}

TEST_F(RecordsTest, DisabledOnesAndErrors) {
  Build("taro,kk10Zt6x");
  EXPECT_TRUE(Open({"members"})->empty());
  EXPECT_THAT(Open()->Ids(), ::testing::ElementsAre("members"));
  settings_.indexes.push_back(folder_ + "/a.idx");
  settings_.indexes.push_back(folder_ + "/none.idx");
  const auto records = Records::Open(settings_, {}, {});
  ASSERT_FALSE(records);
  ASSERT_EQ(records.error().size(), 2u);
  EXPECT_THAT(records.error()[0].text, HasSubstr("another index has the id 'members'"));
  EXPECT_EQ(records.error()[1].kind, ErrorKind::kNotFound);
  settings_.key_file = folder_ + "/no.key";
  EXPECT_THAT(Records::Open(settings_, {}, {}).error()[0].text, HasSubstr("cannot open the key"));
}

}  // namespace
}  // namespace warifu::app
