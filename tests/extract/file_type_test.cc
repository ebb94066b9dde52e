#include "extract/file_type.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace warifu::extract {
namespace {

const FileTyper& Typer() {
  static const std::unique_ptr<FileTyper> typer = OpenFileTyper().value();
  return *typer;
}

FileType Of(std::string_view content) {
  return Typer().Identify(content).value();
}

TEST(FileType, TextLikeContentIsTextWhateverItsFormat) {
  EXPECT_EQ(Of("id,login,password\n1,hanako,Xk29vmQ1\n").kind, Kind::kText);
  EXPECT_EQ(Of("{\"login\": \"hanako\", \"password\": \"Xk29vmQ1\"}").kind, Kind::kText);
  EXPECT_EQ(Of("<?xml version=\"1.0\"?><users><user name=\"a\"/></users>").kind, Kind::kText);
  EXPECT_EQ(Of("INSERT INTO users VALUES (1,'a','b');\n").kind, Kind::kText);
  EXPECT_EQ(Of("#!/bin/sh\necho hello\n").kind, Kind::kText);
  EXPECT_EQ(Of("#include <stdio.h>\nint main(void) { return 0; }\n").kind, Kind::kText);
  EXPECT_EQ(Of("-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----\n").kind,
            Kind::kText);
  EXPECT_EQ(Of("2026-01-02 03:04:05 ERROR login failed for hanako\n").kind, Kind::kText);
  EXPECT_EQ(Of("%!PS-Adobe-3.0\n(hello) show\n").kind, Kind::kText);
}

TEST(FileType, Html) {
  EXPECT_EQ(Of("<!DOCTYPE html><html><body>x</body></html>").kind, Kind::kHtml);
  EXPECT_EQ(Of("<html><head><title>t</title></head><body>x</body></html>").kind, Kind::kHtml);
}

TEST(FileType, Mail) {
  EXPECT_EQ(Of("Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0900\r\n"
               "From: a@example.com\r\nSubject: x\r\n\r\nbody\r\n")
                .kind,
            Kind::kMail);
}

TEST(FileType, JapaneseTextIsText) {
  EXPECT_EQ(Of("\x1B$B%Q%9%o!<%I\x1B(B: Xk29vmQ1\n").kind, Kind::kText) << "ISO-2022-JP";
  EXPECT_EQ(Of("\x83p\x83X\x83\x8F\x81[\x83h: Xk29vmQ1\r\n").kind, Kind::kText) << "Shift_JIS";
  EXPECT_EQ(Of("\xA5\xD1\xA5\xB9\xA5\xEF\xA1\xBC\xA5\xC9: Xk29vmQ1\n").kind, Kind::kText) << "EUC";
  EXPECT_EQ(Of("パスワード: Xk29vmQ1\n").kind, Kind::kText) << "UTF-8";
}

TEST(FileType, WideTextIsText) {
  EXPECT_EQ(Of(std::string_view("\xFF\xFE"
                                "a\0b\0\n\0",
                                8))
                .kind,
            Kind::kText);
  EXPECT_EQ(Of(std::string_view("p\0a\0s\0s\0:\0x\0y\0z\0\n\0", 18)).kind, Kind::kText);
}

TEST(FileType, BinaryContentIsNotText) {
  EXPECT_EQ(Of(std::string_view("\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 16)).mime, "image/png");
  EXPECT_EQ(Of(std::string_view("\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 16)).kind, Kind::kOther);
  EXPECT_EQ(Of("%PDF-1.4\n1 0 obj\n<< >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n").kind,
            Kind::kOther);
  std::string noise;
  for (unsigned i = 0, x = 1; i < 4096; ++i, x = x * 1103515245u + 12345u) {
    noise += static_cast<char>(x >> 16);
  }
  EXPECT_EQ(Of(noise).kind, Kind::kOther);
}

TEST(FileType, EncryptedWhereItCanBeTold) {
  EXPECT_EQ(Of("-----BEGIN PGP MESSAGE-----\n\nhQEMA\n-----END PGP MESSAGE-----\n").kind,
            Kind::kEncrypted);
  const std::string_view zip(
      "PK\x03\x04\x14\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
      "\x00\x00\x05\x00\x00\x00"
      "a.txt",
      35);
  EXPECT_EQ(Of(zip).kind, Kind::kEncrypted);
  std::string open_zip(zip);
  open_zip[6] = 0;
  EXPECT_EQ(Of(open_zip).kind, Kind::kOther);
  EXPECT_EQ(Of("%PDF-1.4\ntrailer\n<< /Root 1 0 R /Encrypt 5 0 R >>\n%%EOF\n").kind,
            Kind::kEncrypted);
}

TEST(FileType, EmptyContent) {
  EXPECT_EQ(Of("").kind, Kind::kEmpty);
}

TEST(FileType, ManyThreadsShareOneTyper) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 50; ++i) {
        EXPECT_EQ(Of("id,login\n1,a\n").kind, Kind::kText);
        EXPECT_EQ(Of(std::string_view("\x89PNG\r\n\x1A\n\0\0\0\rIHDR", 16)).mime, "image/png");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace warifu::extract
