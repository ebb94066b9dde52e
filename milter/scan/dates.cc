#include "scan/dates.h"

#include <re2/re2.h>

#include <chrono>
#include <string>

namespace warifu::scan {
namespace {

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

}  // namespace

bool IsDate(std::string_view text) {
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

bool IsDateTime(std::string_view text) {
  if (text.size() > 80) return false;
  std::string date, time;
  const Forms& forms = Get();
  return (RE2::FullMatch(text, forms.both, &date, &time) ||
          RE2::FullMatch(text, forms.both_compact, &date, &time)) &&
         IsDate(date) && IsTime(time);
}

}  // namespace warifu::scan
