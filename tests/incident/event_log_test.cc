// EventLog and Log: what reaches the file, and what a file does that cannot be written.
#include "incident/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

namespace warifu::incident {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class EventLogTest : public ::testing::Test {
 protected:
  EventLogTest() {
    std::string name = ::testing::TempDir() + "warifu-event-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~EventLogTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ / name; }

  static std::vector<std::string> Lines(const std::string& path) {
    std::ifstream in(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

  static Event Eventful(const std::string& reference = "r") {
    Event event;
    event.reference = reference;
    event.verdict.would = Action::kTag;
    return event;
  }

  std::filesystem::path folder_;
};

TEST_F(EventLogTest, WritesOneLineAnEventAndLeavesCleanOnesOut) {
  auto log = OpenEventLog(Path("events"), false);
  ASSERT_TRUE(log.has_value()) << log.error().ToString();
  EXPECT_TRUE((*log)->Write(Eventful("one")));
  EXPECT_TRUE((*log)->Write(Event{}));
  EXPECT_TRUE((*log)->Write(Eventful("two")));
  const auto lines = Lines(Path("events"));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(nlohmann::json::parse(lines[0])["reference"], "one");
  EXPECT_EQ(nlohmann::json::parse(lines[1])["reference"], "two");
}

TEST_F(EventLogTest, WritesCleanOnesWhereConfigured) {
  auto log = OpenEventLog(Path("events"), true);
  ASSERT_TRUE(log.has_value());
  EXPECT_TRUE((*log)->Write(Event{}));
  EXPECT_EQ(Lines(Path("events")).size(), 1u);
}

TEST_F(EventLogTest, AFullDiskIsAnErrorEachTime) {
  auto log = OpenEventLog("/dev/full", false);
  ASSERT_TRUE(log.has_value()) << log.error().ToString();
  for (int i = 1; i <= 3; ++i) {
    const Result<void> written = (*log)->Write(Eventful());
    ASSERT_FALSE(written.has_value());
    EXPECT_EQ(written.error().kind, ErrorKind::kTemporary);
    EXPECT_THAT(written.error().ToString(), HasSubstr("No space left on device"));
    EXPECT_EQ((*log)->failures(), static_cast<std::uint64_t>(i));
  }
}

// What could not be written then is not written later, and the next line can be read.
TEST_F(EventLogTest, AFileThatRecoversHoldsWholeLines) {
  std::filesystem::create_symlink("/dev/full", Path("events"));
  auto log = OpenEventLog(Path("events"), false);
  ASSERT_TRUE(log.has_value());
  EXPECT_FALSE((*log)->Write(Eventful("lost")));
  std::filesystem::remove(Path("events"));
  ASSERT_TRUE((*log)->Reopen());
  EXPECT_TRUE((*log)->Write(Eventful("kept")));
  std::vector<std::string> references;
  for (const std::string& line : Lines(Path("events"))) {
    if (!line.empty()) references.push_back(nlohmann::json::parse(line)["reference"]);
  }
  EXPECT_EQ(references, std::vector<std::string>{"kept"});
}

// A daemon that was killed on a full disk left half a line; the next one's first event stands
// alone.
TEST_F(EventLogTest, EndsALineThatAnEarlierDaemonLeftTorn) {
  std::ofstream(Path("events")) << R"({"format":1,"refer)";
  auto log = OpenEventLog(Path("events"), false);
  ASSERT_TRUE(log.has_value()) << log.error().ToString();
  EXPECT_EQ(Lines(Path("events")).size(), 1u) << "opening alone writes nothing";
  EXPECT_TRUE((*log)->Write(Eventful("next")));
  ASSERT_TRUE((*log)->Reopen());
  EXPECT_TRUE((*log)->Write(Eventful("last")));
  const auto lines = Lines(Path("events"));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(nlohmann::json::parse(lines[1])["reference"], "next");
  EXPECT_EQ(nlohmann::json::parse(lines[2])["reference"], "last");
}

TEST_F(EventLogTest, ReopenFollowsRotation) {
  auto log = OpenEventLog(Path("events"), false);
  ASSERT_TRUE(log.has_value());
  EXPECT_TRUE((*log)->Write(Eventful("before")));
  std::filesystem::rename(Path("events"), Path("events.1"));
  EXPECT_TRUE((*log)->Write(Eventful("between")));
  ASSERT_TRUE((*log)->Reopen());
  EXPECT_TRUE((*log)->Write(Eventful("after")));
  EXPECT_EQ(Lines(Path("events.1")).size(), 2u);
  EXPECT_EQ(Lines(Path("events")).size(), 1u);
}

TEST_F(EventLogTest, AFailedReopenKeepsTheOldFile) {
  std::filesystem::create_directory(Path("a"));
  auto log = OpenEventLog(Path("a/events"), false);
  ASSERT_TRUE(log.has_value());
  std::filesystem::rename(Path("a"), Path("b"));
  std::filesystem::create_symlink("/proc/nowhere", Path("a"));
  EXPECT_FALSE((*log)->Reopen());
  EXPECT_TRUE((*log)->Write(Eventful()));
  EXPECT_EQ(Lines(Path("b/events")).size(), 1u);
}

TEST_F(EventLogTest, RefusesWhatIsNoFile) {
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  for (const std::string& target : {Path("pipe"), folder_.string()}) {
    const auto log = OpenEventLog(target, false);
    ASSERT_FALSE(log.has_value()) << target;
    EXPECT_EQ(log.error().place.file, target);
  }
  EXPECT_FALSE(OpenEventLog("/proc/nowhere/events", false).has_value());
}

TEST_F(EventLogTest, ANewFileIsNobodyElsesToRead) {
  ASSERT_TRUE(OpenEventLog(Path("events"), false).has_value());
  struct stat status{};
  ASSERT_EQ(stat(Path("events").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
}

TEST_F(EventLogTest, LinesOfManyThreadsStayWhole) {
  auto log = OpenEventLog(Path("events"), false);
  ASSERT_TRUE(log.has_value());
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&log] {
      Event event = Eventful();
      event.recipients.resize(200, std::string(100, 'a') + "@example.jp");
      for (int i = 0; i < 50; ++i) EXPECT_TRUE((*log)->Write(event));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const auto lines = Lines(Path("events"));
  EXPECT_EQ(lines.size(), 400u);
  for (const std::string& line : lines) ASSERT_TRUE(nlohmann::json::accept(line));
}

TEST_F(EventLogTest, SyslogAndStderrOpen) {
  for (const char* target : {"syslog", "stderr"}) {
    EXPECT_TRUE(OpenEventLog(target, false).has_value());
    EXPECT_TRUE(OpenLog({.target = target}).has_value());
  }
}

TEST_F(EventLogTest, LogWritesSafeLinesFromItsLevelUp) {
  auto log = OpenLog({.target = Path("log"), .level = Level::kWarning});
  ASSERT_TRUE(log.has_value());
  (*log)->Info("quiet");
  (*log)->Warning("one\ntwo\x1b[0m {} %s");
  (*log)->SetLevel(Level::kDebug);
  (*log)->Write(Level::kDebug, "now heard");
  const auto lines = Lines(Path("log"));
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_THAT(lines[0], HasSubstr("warning: one"));
  EXPECT_THAT(lines[0], HasSubstr("{} %s"));
  EXPECT_THAT(lines[0], Not(HasSubstr("\x1b")));
  EXPECT_THAT(lines[1], HasSubstr("debug: now heard"));
  EXPECT_THAT(lines[1], ::testing::MatchesRegex("....-..-..T.*"));
}

TEST_F(EventLogTest, ALogOnAFullDiskIsSurvived) {
  auto log = OpenLog({.target = "/dev/full"});
  ASSERT_TRUE(log.has_value());
  (*log)->Error("lost");
  EXPECT_TRUE((*log)->Reopen());
}

}  // namespace
}  // namespace warifu::incident
