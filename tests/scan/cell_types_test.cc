// What cells hold, and dates: the hand-written readers against regular expressions.
#include "scan/cell_types.h"

#include <gtest/gtest.h>
#include <re2/re2.h>

#include <chrono>
#include <random>
#include <string>

#include "scan/dates.h"

namespace warifu::scan {
namespace {

// The slow, obvious form.
struct Forms {
  // year, month, day; month or day, the other, year; era, year, month, day.
  const RE2 year_first{R"((\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?)"};
  const RE2 year_last{R"((\d{1,2})[-/.](\d{1,2})[-/.](\d{4}))"};
  const RE2 compact{R"((\d{4})(\d\d)(\d\d))"};
  const RE2 era{
      R"((明治|大正|昭和|平成|令和|[MTSHR])\.?(\d{1,2}|元)(?:年|\.|/|-)(\d{1,2})(?:月|\.|/|-)(\d{1,2})日?)"};
  const RE2 time{
      R"((?i)(?:(?:am|pm|午前|午後) ?)?(\d{1,2})(?::|時)(\d{1,2})(?:分|:(\d\d)(?:[.,]\d{1,9})?|分(\d{1,2})秒)?(?: ?(?:am|pm))?(?: ?(?:Z|[A-Z]{3,4}|[+-]\d\d:?\d\d))?)"};
  const RE2 compact_time{R"((\d\d)(\d\d)(\d\d)?)"};
  // Where the date ends and the time begins.
  const RE2 both{
      R"(((?:[^ \t\nT:時]|日)+?)(?:T|[ \t\n]{1,4}|)((?:(?i:am|pm|午前|午後) ?)?\d{1,2}(?::|時).*))"};
  const RE2 both_compact{R"((\d{8})[T ]?(\d{6}|\d{4}))"};
};

const Forms& Get() {
  static const Forms forms;
  return forms;
}

bool Exists(int year, int month, int day) {
  using namespace std::chrono;
  return year >= 1850 && year <= 2150 && month >= 1 && day >= 1 &&
         (std::chrono::year{year} / month / day).ok();
}

int FirstYearOf(std::string_view era) {
  if (era == "明治" || era == "M") return 1868;
  if (era == "大正" || era == "T") return 1912;
  if (era == "昭和" || era == "S") return 1926;
  if (era == "平成" || era == "H") return 1989;
  return 2019;
}

bool IsTime(std::string_view text) {
  const Forms& forms = Get();
  int hour = 0, minute = 0;
  std::string second, second_ja;
  if (RE2::FullMatch(text, forms.time, &hour, &minute, &second, &second_ja)) {
    const std::string& s = second.empty() ? second_ja : second;
    return hour <= 24 && minute < 60 && (s.empty() || std::stoi(s) <= 60);
  }
  if (RE2::FullMatch(text, forms.compact_time, &hour, &minute, &second)) {
    return hour < 24 && minute < 60 && (second.empty() || std::stoi(second) <= 60);
  }
  return false;
}

bool SlowIsDate(std::string_view text) {
  const Forms& forms = Get();
  int a = 0, b = 0, c = 0;
  if (text.size() > 40) return false;
  if (RE2::FullMatch(text, forms.year_first, &a, &b, &c) ||
      RE2::FullMatch(text, forms.compact, &a, &b, &c)) {
    return Exists(a, b, c);
  }
  if (RE2::FullMatch(text, forms.year_last, &a, &b, &c)) {
    return Exists(c, a, b) || Exists(c, b, a);
  }
  std::string era, year;
  if (RE2::FullMatch(text, forms.era, &era, &year, &b, &c)) {
    const int n = year == "元" ? 1 : std::stoi(year);
    return n >= 1 && n <= 64 && Exists(FirstYearOf(era) + n - 1, b, c);
  }
  return false;
}

bool SlowIsDateTime(std::string_view text) {
  if (text.size() > 80) return false;
  std::string date, time;
  const Forms& forms = Get();
  return (RE2::FullMatch(text, forms.both, &date, &time) ||
          RE2::FullMatch(text, forms.both_compact, &date, &time)) &&
         SlowIsDate(date) && IsTime(time);
}

TEST(Dates, AreThoseOfTheSlowForm) {
  static constexpr std::string_view kSeeds[] = {"2011-05-01",
                                                "2011/5/1 10:00:00",
                                                "5/23/1998 10:00",
                                                "23.5.1998",
                                                "19980523",
                                                "19980523 100030",
                                                "199805231000",
                                                "1998年5月23日",
                                                "平成10年5月23日",
                                                "H10.5.23",
                                                "令和元年5月1日",
                                                "S45/1/2",
                                                "2011-05-01T10:00:00Z",
                                                "2011-05-01 10:00:00.5 +09:00",
                                                "1998年5月23日 10時00分30秒",
                                                "5/23/1998\n10:00:00",
                                                "2011-05-01 午後 3:20",
                                                "2011-05-01 3:20 pm JST",
                                                "昭和45.1.2",
                                                "2011-13-01",
                                                "2011-02-30",
                                                "31/12/1999 24:60",
                                                "2011-05-01 10時5分"};
  static constexpr std::string_view kPieces[] = {"0",  "1",  "9",  "-",  "/", ".",  ":",  " ", "T",
                                                 "年", "月", "日", "元", "H", "分", "pm", "Z", ""};
  std::mt19937 random(7);
  int dates = 0;
  for (int i = 0; i < 60000; ++i) {
    std::string text(kSeeds[random() % std::size(kSeeds)]);
    for (std::size_t n = random() % 3; n > 0; --n) {
      std::size_t at = random() % (text.size() + 1);
      while (at < text.size() && (text[at] & 0xc0) == 0x80) ++at;
      std::size_t cut = at < text.size() && (text[at] & 0x80) == 0 ? random() % 2 : 0;
      text.replace(at, cut, kPieces[random() % std::size(kPieces)]);
    }
    ASSERT_EQ(IsDate(text), SlowIsDate(text)) << text;
    // Where a date without a blank before its hour ends, both may guess.
    if (RE2::PartialMatch(text, R"(\d{3,}(:|時)|\d-\d+T?\d{4})")) continue;
    ASSERT_TRUE(IsDateTime(text) || !SlowIsDateTime(text)) << text;
    dates += IsDate(text) || IsDateTime(text);
  }
  EXPECT_GT(dates, 10000);
}

CellShape Shape(CellType type) {
  return DefaultShape(type);
}

TEST(Dates, RefuseTimesThatAreNone) {
  for (const char* text : {"2011-05-01", "2011-05-01 ", "2011-05-01 25:00", "2011-05-01 10:61",
                           "2011-05-01 10:00 ", "2011-05-01 10:00x", "10:00", "2011-05-01 noon"}) {
    EXPECT_FALSE(IsDateTime(text)) << text;
  }
}

TEST(CellTypes, AcceptAndRefuse) {
  const struct {
    CellType type;
    std::string_view text;
    bool accepts;
  } kCases[] = {
      {CellType::kDigits, "0123", true},
      {CellType::kDigits, "", false},
      {CellType::kDigits, "12a", false},
      {CellType::kDigits, "123456789012345678901", false},
      {CellType::kHex, "00ffAB", true},
      {CellType::kHex, "00fg", false},
      {CellType::kLogin, "taro.yamada+x@example", true},
      {CellType::kLogin, ".taro", false},
      {CellType::kLogin, "太郎", false},
      {CellType::kEmail, "o'taro|x@a-b.example.jp", true},
      {CellType::kEmail, "taro@localhost", false},
      {CellType::kEmail, "taro@.jp", false},
      {CellType::kEmail, "@example.jp", false},
      {CellType::kPassword, "a;b\"c", true},
      {CellType::kPassword, "abc", false},
      {CellType::kPassword, "pass word", false},
      {CellType::kPassword, "パスワード", false},
      {CellType::kHash, "5f4dcc3b5aa765d61d8327deb882cf99", true},
      {CellType::kHash, "5f4dcc3b5aa765d61d8327deb882cf9", false},
      {CellType::kHash, "5f4dcc3b5aa765d61d832", false},
      {CellType::kHash, "$2y$10$abcdefghijklmnopqrstuv", true},
      {CellType::kHash, "$2y10abcdef", false},
      {CellType::kHash, "{SSHA}ffAFiJ0IVlu+vKC6", true},
      {CellType::kHash, "{SSHA}", false},
      {CellType::kName, "山田 太郎", true},
      {CellType::kName, "R2D2", false},
      {CellType::kKana, "ヤマダ タロウ", true},
      {CellType::kKana, "やまだ・たろう", true},
      {CellType::kKana, "山田", false},
      {CellType::kPhone, "03-1234-5678", true},
      {CellType::kPhone, "+81 (0)90 1234 5678", true},
      {CellType::kPhone, "1234-5678", false},
      {CellType::kPostal, "123-4567", true},
      {CellType::kPostal, "〒123-4567", true},
      {CellType::kPostal, "1234-567", false},
      {CellType::kDate, "平成12年4月1日", true},
      {CellType::kDate, "2011-13-41", false},
      {CellType::kDateTime, "3/20/2000 9:00:00", true},
      {CellType::kAny, "", true},
      {CellType::kFree, "a,b", true},
  };
  for (const auto& c : kCases) {
    EXPECT_EQ(Has(Shape(c.type), c.text), c.accepts) << ToString(c.type) << ' ' << c.text;
  }
}

TEST(CellTypes, CountCharacters) {
  EXPECT_TRUE(Has({CellType::kAny, 2, 4}, "山田太郎"));
  EXPECT_FALSE(Has({CellType::kAny, 2, 4}, "山田太郎左"));
  EXPECT_FALSE(Has({CellType::kAny, 2, 4}, "山"));
  EXPECT_FALSE(Has({CellType::kAny, 2, 4}, ""));
  EXPECT_TRUE(Has({CellType::kDate, 0, -1, true}, ""));
}

}  // namespace
}  // namespace warifu::scan
