#include "cli/source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "base/unique_fd.h"
#include "cli/mbox.h"

namespace warifu::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::string> Split(std::string_view text, std::size_t step,
                               std::size_t max_bytes = 1 << 20) {
  std::vector<std::string> out;
  MboxSplitter splitter(max_bytes, [&](std::string message) {
    out.push_back(std::move(message));
    return true;
  });
  for (std::size_t i = 0; i < text.size(); i += step) splitter.Push(text.substr(i, step));
  splitter.Finish();
  return out;
}

constexpr std::string_view kTwo =
    "From a@example.org Mon Sep 17 10:11:12 2001\nSubject: one\n\nbody\n>From here\n>>From "
    "there\nFrom now on\n\nFrom Paris with love\n\nFrom MAILER-DAEMON Fri Jul  8 12:08:34 2011\n"
    "Subject: two\n\nlast\n\n";

TEST(MboxTest, SplitsAtEveryChunkSize) {
  const auto want = ElementsAre(
      "Subject: one\n\nbody\nFrom here\n>From there\nFrom now on\n\nFrom Paris with love\n",
      "Subject: two\n\nlast\n");
  for (const std::size_t step : {1u, 2u, 3u, 7u, 64u, 10000u}) {
    EXPECT_THAT(Split(kTwo, step), want) << step;
  }
}

TEST(MboxTest, CrlfSplitsToo) {
  std::string crlf;
  for (const char c : kTwo) crlf += c == '\n' ? "\r\n" : std::string(1, c);
  const auto messages = Split(crlf, 5);
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[1], "Subject: two\r\n\r\nlast\r\n");
}

TEST(MboxTest, LongLinesAndEmptyMessagesPass) {
  const std::string line(100'000, 'x');
  const std::string text = "From a 10:00\n" + line + "\n\nFrom b 10:00\n\nFrom c 10:00\nend";
  const auto messages = Split(text, 1000);
  ASSERT_EQ(messages.size(), 3u);
  EXPECT_TRUE(messages[0] == line + "\n");
  EXPECT_EQ(messages[1], "");
  EXPECT_EQ(messages[2], "end");
}

TEST(MboxTest, AMessageAboveTheLimitIsCutOneByteAboveIt) {
  const std::string text = "From a 10:00\n" + std::string(500, 'x') + "\n\nFrom b 10:00\nok\n";
  EXPECT_THAT(Split(text, 50, 100), ElementsAre(std::string(101, 'x'), "ok\n"));
}

TEST(SniffTest, TellsMailFromText) {
  EXPECT_EQ(SniffFile("From a Mon Sep 17 10:11:12 2001\nx"), FileKind::kMbox);
  EXPECT_EQ(SniffFile("From a\nSubject: x\n\n"), FileKind::kMbox);
  EXPECT_EQ(SniffFile("From the desk of\nthe boss\n"), FileKind::kPlain);
  EXPECT_EQ(SniffFile("Received: by x\n\tfolded\nsubject : y\n\nbody"), FileKind::kMail);
  EXPECT_EQ(SniffFile("X-Thing: 1\r\nMIME-Version: 1.0\r\n\r\n"), FileKind::kMail);
  EXPECT_EQ(SniffFile("\xEF\xBB\xBFSubject: x\n"), FileKind::kMail);
  EXPECT_EQ(SniffFile("Note: buy milk\nAlso: bread\n"), FileKind::kPlain);
  EXPECT_EQ(SniffFile("id,name,password\n1,a,b\n"), FileKind::kPlain);
  EXPECT_EQ(SniffFile("件名: x\nSubject: y\n"), FileKind::kPlain);
  EXPECT_EQ(SniffFile(""), FileKind::kPlain);
  EXPECT_EQ(SniffFile(std::string_view("\0\0\0", 3)), FileKind::kPlain);
}

class SourceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/warifu-source-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    root_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void Write(const std::string& path, std::string_view text) {
    std::filesystem::create_directories(std::filesystem::path(root_ + '/' + path).parent_path());
    std::ofstream(root_ + '/' + path, std::ios::binary) << text;
  }
  // "path:index:m|p:size" of each message; errors go to errors_.
  std::vector<std::string> Read(std::vector<std::string> paths, std::size_t max_bytes = 1 << 20,
                                int standard_input = -1) {
    std::vector<std::string> out;
    ReadSources(paths, standard_input, max_bytes,
                {.message =
                     [&](StoredMessage m) {
                       std::string path = m.path;
                       if (path.starts_with(root_)) path.erase(0, root_.size());
                       out.push_back(path + ':' + std::to_string(m.index) + ':' +
                                     (m.mail ? 'm' : 'p') + ':' + std::to_string(m.raw.size()));
                       return true;
                     },
                 .unreadable = [&](const Error& e) { errors_.push_back(e.ToString()); }});
    return out;
  }

  std::string root_;
  std::vector<std::string> errors_;
};

TEST_F(SourceTest, FoldersInNameOrderWithEveryKind) {
  Write("b.eml", "no header at all");
  Write("a/2.txt", "hello");
  Write("a/1.csv", "a,b\n");
  Write("c.mbox", kTwo);
  Write("d", "Subject: x\n\n");
  EXPECT_THAT(Read({root_}), ElementsAre("/a/1.csv:0:p:4", "/a/2.txt:0:p:5", "/b.eml:0:m:16",
                                         "/c.mbox:0:m:75", "/c.mbox:1:m:19", "/d:0:m:12"));
  EXPECT_THAT(errors_, IsEmpty());
}

TEST_F(SourceTest, MaildirWithItsFoldersButWithoutTmp) {
  Write("m/cur/1:2,S", "anything");
  Write("m/new/2", "x");
  Write("m/tmp/3", "unfinished");
  Write("m/dovecot.index", "index");
  Write("m/.Sent/cur/4", "y");
  Write("m/.Sent/new/5", "z");
  EXPECT_THAT(Read({root_ + "/m"}),
              ElementsAre("/m/.Sent/cur/4:0:m:1", "/m/.Sent/new/5:0:m:1", "/m/cur/1:2,S:0:m:8",
                          "/m/dovecot.index:0:p:5", "/m/new/2:0:m:1"));
}

TEST_F(SourceTest, WhatCannotBeReadIsToldAndTheRestGoesOn) {
  Write("a", "hello");
  EXPECT_THAT(Read({root_ + "/none", root_ + "/a"}), ElementsAre("/a:0:p:5"));
  ASSERT_EQ(errors_.size(), 1u);
  EXPECT_THAT(errors_[0], HasSubstr("/none: No such file"));
}

TEST_F(SourceTest, LinksToFilesAreReadLinksToFoldersAreNot) {
  Write("f/a", "hello");
  std::filesystem::create_symlink(root_ + "/f/a", root_ + "/f/b");
  std::filesystem::create_directory_symlink(root_, root_ + "/f/loop");
  std::filesystem::create_symlink("nowhere", root_ + "/f/z");
  ::mkfifo((root_ + "/f/pipe").c_str(), 0600);
  EXPECT_THAT(Read({root_}), ElementsAre("/f/a:0:p:5", "/f/b:0:p:5"));
  ASSERT_EQ(errors_.size(), 1u);
  EXPECT_THAT(errors_[0], HasSubstr("/f/z"));
}

TEST_F(SourceTest, StandardInputIsReadByTheSameSigns) {
  int ends[2];
  ASSERT_EQ(0, ::pipe(ends));
  ASSERT_EQ(static_cast<ssize_t>(kTwo.size()), ::write(ends[1], kTwo.data(), kTwo.size()));
  ::close(ends[1]);
  const UniqueFd in(ends[0]);
  EXPECT_THAT(Read({"-"}, 1 << 20, in.get()), ElementsAre("-:0:m:75", "-:1:m:19"));
}

TEST_F(SourceTest, AFileAboveTheLimitIsCutOneByteAboveIt) {
  Write("big", std::string(1 << 20, 'x'));
  EXPECT_THAT(Read({root_ + "/big"}, 300'000), ElementsAre("/big:0:p:300001"));
}

}  // namespace
}  // namespace warifu::cli
