// MemberTable: a made-up member table of the size of a mail service, the same on every run.
//
// Numbers without gaps, logins of syllables and of words that mails are full of, passwords some of
// which are such words, too, names of few parts.
#pragma once

#include <initializer_list>
#include <iterator>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scan/table_reader.h"

namespace warifu::scan::test {

inline constexpr std::size_t kRows = 1'026'000;
inline constexpr const char* kMemberSchema = R"([index]
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
inline constexpr const char* kWords[] = {
    "info",    "support", "sales",  "john",   "linux",  "music",  "summer", "orange", "secret",
    "welcome", "dragon",  "monday", "travel", "school", "office", "letter", "market", "window"};

class MemberTable final : public RowSource {
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

}  // namespace warifu::scan::test
