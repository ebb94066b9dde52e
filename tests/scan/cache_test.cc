// The compiled database is kept between starts, and a bad one heals itself.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "scan_fixture.h"

namespace warifu::scan {
namespace {

class Cache : public testing::Test {
 protected:
  SetPtr LoadRules(const std::string& regex = "tok_[a-z]{8}") {
    LoadOptions options;
    options.sources = {{dir_.Write("rules.toml", SimpleRule("token", regex)), false}};
    options.cache_dir = CacheDir();
    auto set = Load(options);
    EXPECT_TRUE(set) << TextOf(set.error());
    return set ? *set : nullptr;
  }

  std::string CacheDir() {
    const std::string path = dir_.path() + "/cache";
    std::filesystem::create_directories(path);
    return path;
  }

  std::vector<std::filesystem::path> Files() {
    std::vector<std::filesystem::path> out;
    for (const auto& entry : std::filesystem::directory_iterator(CacheDir())) {
      out.push_back(entry.path());
    }
    return out;
  }

  // Fills the cache, spoils its only file, and expects that the next load compiles anew, says so,
  // works, and has mended the file.
  void ExpectHeals(const std::function<void(const std::filesystem::path&)>& spoil) {
    LoadRules();
    ASSERT_EQ(Files().size(), 1u);
    spoil(Files()[0]);
    const SetPtr healed = LoadRules();
    ASSERT_NE(healed, nullptr);
    EXPECT_FALSE(healed->from_cache());
    EXPECT_FALSE(healed->notes().empty());
    EXPECT_EQ(RulesIn(ScanText(*healed, "x tok_abcdefgh y")), std::vector<std::string>{"token"});
    EXPECT_TRUE(LoadRules()->from_cache());
  }

  TempDir dir_;
};

TEST_F(Cache, SecondLoadComesFromIt) {
  EXPECT_FALSE(LoadRules()->from_cache());
  const SetPtr second = LoadRules();
  EXPECT_TRUE(second->from_cache());
  EXPECT_TRUE(second->notes().empty()) << second->notes()[0];
  EXPECT_EQ(RulesIn(ScanText(*second, "x tok_abcdefgh y")), std::vector<std::string>{"token"});
}

TEST_F(Cache, OtherRulesDoNotTakeIt) {
  LoadRules();
  const SetPtr other = LoadRules("key_[a-z]{8}");
  EXPECT_FALSE(other->from_cache());
  EXPECT_EQ(RulesIn(ScanText(*other, "key_abcdefgh")), std::vector<std::string>{"token"});
}

TEST_F(Cache, FlippedByteHeals) {
  ExpectHeals([](const std::filesystem::path& path) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(-100, std::ios::end);
    const int old = file.peek();
    file.put(static_cast<char>(old ^ 1));
  });
}

TEST_F(Cache, TruncatedHeals) {
  ExpectHeals([](const std::filesystem::path& path) {
    std::filesystem::resize_file(path, std::filesystem::file_size(path) / 2);
  });
}

TEST_F(Cache, EmptyHeals) {
  ExpectHeals([](const std::filesystem::path& path) { std::filesystem::resize_file(path, 0); });
}

TEST_F(Cache, OneThatOthersCanWriteIsNotTrusted) {
  ExpectHeals([](const std::filesystem::path& path) { chmod(path.c_str(), 0666); });
}

TEST_F(Cache, OneOfAnotherUserIsNotTrusted) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file to another user";
  ExpectHeals([](const std::filesystem::path& path) { chown(path.c_str(), 65534, 65534); });
}

TEST_F(Cache, ALinkIsNotFollowed) {
  ExpectHeals([this](const std::filesystem::path& path) {
    const std::filesystem::path real = dir_.path() + "/elsewhere";
    std::filesystem::rename(path, real);
    std::filesystem::create_symlink(real, path);
  });
}

TEST_F(Cache, WithoutAFolderRulesWorkAllTheSame) {
  LoadOptions options;
  options.sources = {{dir_.Write("rules.toml", SimpleRule("token", "tok_[a-z]{8}")), false}};
  options.cache_dir = dir_.path() + "/missing/folder";
  const auto set = Load(options);
  ASSERT_TRUE(set) << TextOf(set.error());
  EXPECT_FALSE((*set)->notes().empty());
  EXPECT_EQ(RulesIn(ScanText(**set, "tok_abcdefgh")), std::vector<std::string>{"token"});
}

}  // namespace
}  // namespace warifu::scan
