#include "base/redact.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/digest.h"
#include "base/nearest.h"

namespace warifu {
namespace {

class TempDir {
 public:
  TempDir() { path_ = mkdtemp(name_); }
  ~TempDir() {
    for (const std::string& file : files_) unlink(file.c_str());
    rmdir(path_.c_str());
  }
  std::string File(const std::string& name) {
    files_.insert(path_ + "/" + name);
    return path_ + "/" + name;
  }

 private:
  char name_[32] = "/tmp/warifu-redact-XXXXXX";
  std::string path_;
  std::set<std::string> files_;
};

TEST(Preview, ShowsNothingOfAShortSecret) {
  EXPECT_EQ(Preview(""), "");
  EXPECT_EQ(Preview("hunter2"), "*******");
  EXPECT_EQ(Preview("ひみつのことば"), "*******") << "characters count, not bytes";
}

TEST(Preview, ShowsTwoCharactersOfALongerOne) {
  EXPECT_EQ(Preview("passpass1"), "pa*******");
  EXPECT_EQ(Preview("ひみつのことばです"), "ひみ*******");
  EXPECT_EQ(Preview(std::string(100, 'x')), "xx" + std::string(30, '*'));
}

TEST(Preview, ShowsNoDigitOfANumber) {
  EXPECT_EQ(Preview("1234567890"), "**********");
  EXPECT_EQ(Preview("4821,taro,Nk3wq81z"), "******************");
  EXPECT_EQ(Preview("7,Xk29vmQ1"), "*,********");
  EXPECT_EQ(Preview("4111-1111 11111111"), std::string(18, '*'));
}

TEST(Preview, IsSafeToPrint) {
  EXPECT_EQ(Preview("\x1b[31mred"), "?[******");
  EXPECT_EQ(Preview("\xff\xfe\x80passw"), "??******");
}

TEST(Printable, ReplacesWhatCouldSteerATerminalOrALog) {
  EXPECT_EQ(Printable("a\nb\r\x1b[0m\x7f"), "a?b??[0m?");
  EXPECT_EQ(Printable("a\xe2\x80\xae"
                      "b\xe2\x81\xa6"
                      "c\xe2\x80\xa8"
                      "d\xc2\x85"),
            "a?b?c?d?");
  EXPECT_EQ(Printable("日本語 ok"), "日本語 ok");
  EXPECT_EQ(Printable("\xe6\x97"), "??") << "a cut character";
  EXPECT_EQ(Printable("\xc0\xaf\xed\xa0\x80\xf5\x80\x80\x80"), "?????????");
}

TEST(Printable, CutsAtACharacter) {
  EXPECT_EQ(Printable("日本語", 7), "日本");
  EXPECT_EQ(Printable("abc", 2), "ab");
  EXPECT_EQ(Printable("abc", 0), "");
}

TEST(FingerprintKey, IsStableForOneKeyAndDiffersBetweenKeys) {
  const FingerprintKey a = FingerprintKey::Random(), b = FingerprintKey::Random();
  EXPECT_EQ(a.Fingerprint("secret"), a.Fingerprint("secret"));
  EXPECT_NE(a.Fingerprint("secret"), a.Fingerprint("secreT"));
  EXPECT_NE(a.Fingerprint("secret"), b.Fingerprint("secret"));
  EXPECT_EQ(a.Fingerprint("").size(), 16u);
}

// RFC 4231 has no case with a 32-byte key; this value comes from
// printf %s 'what do ya want for nothing?' |
//   openssl dgst -sha256 -mac HMAC -macopt hexkey:000102…1f
TEST(FingerprintKey, IsHmacSha256OfTheKeyFile) {
  TempDir dir;
  const std::string path = dir.File("key");
  std::ofstream(path) << "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1F\n";
  chmod(path.c_str(), 0600);
  auto key = FingerprintKey::FromFile(path);
  ASSERT_TRUE(key) << key.error().ToString();
  EXPECT_EQ(key->Fingerprint("what do ya want for nothing?"), "099805f4ac310786");
}

TEST(FingerprintKey, CreatesAFileOnceAndReadsItAgain) {
  TempDir dir;
  const std::string path = dir.File("key");
  EXPECT_EQ(FingerprintKey::FromFile(path).error().kind, ErrorKind::kNotFound);
  auto made = FingerprintKey::CreateFile(path);
  ASSERT_TRUE(made) << made.error().ToString();
  struct stat st{};
  ASSERT_EQ(stat(path.c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 0777, 0640u);
  auto read = FingerprintKey::FromFile(path);
  ASSERT_TRUE(read) << read.error().ToString();
  EXPECT_EQ(read->Fingerprint("x"), made->Fingerprint("x"));
  EXPECT_FALSE(FingerprintKey::CreateFile(path)) << "never overwrites a key";
}

TEST(FingerprintKey, RefusesWhatIsNotAKey) {
  TempDir dir;
  const std::string path = dir.File("key");
  for (const char* text :
       {"", "00", "zz0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f00"}) {
    std::ofstream(path) << text;
    chmod(path.c_str(), 0600);
    EXPECT_FALSE(FingerprintKey::FromFile(path)) << text;
  }
  EXPECT_FALSE(FingerprintKey::FromFile("/tmp")) << "a folder";
  const std::string pipe = path + ".pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(FingerprintKey::FromFile(pipe)) << "a pipe, that nobody writes to";
  std::filesystem::remove(pipe);
}

TEST(FingerprintKey, RefusesAKeyThatOthersCanRead) {
  TempDir dir;
  const std::string path = dir.File("key");
  ASSERT_TRUE(FingerprintKey::CreateFile(path));
  chmod(path.c_str(), 0644);
  auto key = FingerprintKey::FromFile(path);
  ASSERT_FALSE(key);
  EXPECT_EQ(key.error().kind, ErrorKind::kInvalid);
}

TEST(Digest, IsSha256) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Nearest, FindsWhatWasMeant) {
  const std::string_view names[] = {"regex", "keywords", "secretGroup"};
  EXPECT_EQ(Nearest("keyword", names), "keywords");
  EXPECT_EQ(Nearest("secretgroup", names), "secretGroup");
  EXPECT_EQ(Nearest("rgeex", names), "regex") << "swapped letters are one edit";
  EXPECT_EQ(Nearest("severity", names), "");
  EXPECT_EQ(DidYouMean("regx", names), " (did you mean 'regex'?)");
  EXPECT_EQ(DidYouMean("", names), "");
}

}  // namespace
}  // namespace warifu
