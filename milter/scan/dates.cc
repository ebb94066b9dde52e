#include "scan/dates.h"

#include <chrono>
#include <string>

namespace warifu::scan {
namespace {

// Reads a text from its begin; every step says whether it could be taken.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  // Up to `most` digits, as many as there are.
  int Number(std::size_t most, int* value) {
    std::size_t n = 0;
    for (*value = 0; n < rest_.size() && n < most && rest_[n] >= '0' && rest_[n] <= '9'; ++n) {
      *value = *value * 10 + (rest_[n] - '0');
    }
    rest_.remove_prefix(n);
    return static_cast<int>(n);
  }
  bool Word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }
  // ASCII, in upper or lower case; `word` is lower.
  bool Folded(std::string_view word) {
    if (rest_.size() < word.size()) return false;
    for (std::size_t i = 0; i < word.size(); ++i) {
      if ((rest_[i] | 0x20) != word[i]) return false;
    }
    rest_.remove_prefix(word.size());
    return true;
  }
  bool OneOf(std::string_view signs) {
    if (rest_.empty()) return false;
    for (const char c : signs) {
      if (rest_[0] != c) continue;
      rest_.remove_prefix(1);
      return true;
    }
    return false;
  }
  void Blank() { Word(" "); }
  bool Done() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }
  void Set(std::string_view rest) { rest_ = rest; }

 private:
  std::string_view rest_;
};

bool Exists(int year, int month, int day) {
  using namespace std::chrono;
  return year >= 1850 && year <= 2150 && month >= 1 && day >= 1 &&
         (std::chrono::year{year} / month / day).ok();
}

// The days that a date can mean: two where the order of day and month is open.
struct Days {
  struct Day {
    int year, month, day;
  };
  Day days[2] = {};
  int count = 0;

  bool Add(int year, int month, int day) {
    if (!Exists(year, month, day)) return false;
    days[count++] = {year, month, day};
    return true;
  }
  std::string Iso(int i) const {
    std::string text = "0000-00-00";
    const auto put = [&text](std::size_t last, int value) {
      for (; value > 0; value /= 10) text[last--] = static_cast<char>('0' + value % 10);
    };
    put(3, days[i].year);
    put(6, days[i].month);
    put(9, days[i].day);
    return text;
  }
};

constexpr struct {
  std::string_view name, letter;
  int first;
} kEras[] = {{"明治", "M", 1868},
             {"大正", "T", 1912},
             {"昭和", "S", 1926},
             {"平成", "H", 1989},
             {"令和", "R", 2019}};

// The rest behind the year: a separator, the month, a separator, the day.
bool ReadMonthDay(Reader* r, int year, Days* days) {
  int month = 0, day = 0;
  if (!r->Word("年") && !r->OneOf("-/.")) return false;
  if (r->Number(2, &month) == 0) return false;
  if (!r->Word("月") && !r->OneOf("-/.")) return false;
  if (r->Number(2, &day) == 0) return false;
  r->Word("日");
  return days->Add(year, month, day);
}

bool ReadEra(Reader* r, Days* days) {
  for (const auto& era : kEras) {
    const char first = r->rest().empty() ? '\0' : r->rest()[0];
    if (first != era.name[0] && first != era.letter[0]) continue;
    if (!r->Word(era.name) && !r->Word(era.letter)) continue;
    r->Word(".");
    int year = 1;
    if (!r->Word("元") && r->Number(2, &year) == 0) return false;
    return year >= 1 && year <= 64 && ReadMonthDay(r, era.first + year - 1, days);
  }
  return false;
}

// Takes a date from the begin of the text.
bool ReadDate(Reader* r, Days* days) {
  int a = 0, b = 0, c = 0;
  const std::string_view all = r->rest();
  switch (r->Number(8, &a)) {
    case 0:
      return ReadEra(r, days);
    case 4:
      return ReadMonthDay(r, a, days);
    case 8:
      return days->Add(a / 10000, a / 100 % 100, a % 100);
    case 1:
    case 2:
      if (!r->OneOf("-/.") || r->Number(2, &b) == 0 || !r->OneOf("-/.")) return false;
      if (r->Number(4, &c) != 4) return false;
      days->Add(c, a, b);
      if (a != b) days->Add(c, b, a);
      return days->count > 0;
    default:
      r->Set(all);
      return false;
  }
}

bool ReadHalfDay(Reader* r) {
  return r->Folded("am") || r->Folded("pm") || r->Word("午前") || r->Word("午後");
}

// Z, a zone's letters, or an offset.
bool ReadZone(Reader* r) {
  int n = 0;
  if (r->OneOf("+-")) {
    if (r->Number(2, &n) != 2) return false;
    r->Word(":");
    return r->Number(2, &n) == 2;
  }
  const std::string_view rest = r->rest();
  std::size_t letters = 0;
  while (letters < rest.size() && (rest[letters] | 0x20) >= 'a' && (rest[letters] | 0x20) <= 'z') {
    ++letters;
  }
  r->Set(rest.substr(letters));
  return letters == 3 || letters == 4 || (letters == 1 && (rest[0] | 0x20) == 'z');
}

// 1000, 100030: no separators.
bool IsCompactTime(std::string_view text) {
  Reader r(text);
  int time = 0;
  const int n = r.Number(6, &time);
  if (!r.Done() || (n != 4 && n != 6)) return false;
  const int second = n == 6 ? time % 100 : 0;
  if (n == 6) time /= 100;
  return time / 100 < 24 && time % 100 < 60 && second <= 60;
}

bool IsTime(std::string_view text) {
  Reader r(text);
  int hour = 0, minute = 0, second = 0, ignored = 0;
  if (text.ends_with(' ')) return false;
  if (ReadHalfDay(&r)) r.Blank();
  if (r.Number(2, &hour) == 0) return false;
  if (!r.Word(":") && !r.Word("時")) return IsCompactTime(text);
  if (r.Number(2, &minute) == 0) return false;
  if (r.Word("分")) {
    if (r.Number(2, &second) > 0 && !r.Word("秒")) return false;
  } else if (r.Word(":")) {
    if (r.Number(2, &second) != 2) return false;
    if (r.OneOf(".,") && r.Number(9, &ignored) == 0) return false;
  }
  if (hour > 24 || minute > 59 || second > 60) return false;
  r.Blank();
  if (Reader zone = r; ReadZone(&zone) && zone.Done()) return true;
  if (r.Folded("am") || r.Folded("pm")) r.Blank();
  return r.Done() || (ReadZone(&r) && r.Done());
}

}  // namespace

bool IsDate(std::string_view text) {
  Reader r(text);
  Days days;
  return text.size() <= 40 && ReadDate(&r, &days) && r.Done();
}

bool IsDateTime(std::string_view text) {
  if (text.size() > 80) return false;
  Reader r(text);
  Days days;
  if (!ReadDate(&r, &days) || r.Done()) return false;
  std::string_view rest = r.rest();
  if (rest.starts_with('T')) {
    rest.remove_prefix(1);
  } else {
    const std::size_t blanks = rest.find_first_not_of(" \t\n");
    if (blanks == rest.npos || blanks > 4) return false;
    rest.remove_prefix(blanks);
  }
  return IsTime(rest);
}

std::string IsoDateOf(std::string_view text) {
  Reader r(text);
  Days days;
  if (text.size() > 80 || !ReadDate(&r, &days)) return "";
  return r.Done() || IsDateTime(text) ? days.Iso(0) : "";
}

std::vector<DateIn> FindDates(std::string_view line) {
  std::vector<DateIn> found;
  const auto digit = [&](std::size_t at) {
    return at < line.size() && line[at] >= '0' && line[at] <= '9';
  };
  for (std::size_t at = 0; at < line.size(); ++at) {
    const auto c = static_cast<unsigned char>(line[at]);
    const bool letter = (c >= 'A' && c <= 'Z') || c >= 0xE4;  // of an era
    if (!letter && (!digit(at) || (at > 0 && digit(at - 1)))) continue;
    Reader r(line.substr(at));
    Days days;
    if (!ReadDate(&r, &days)) continue;
    const std::size_t end = line.size() - r.rest().size();
    if (digit(end)) continue;
    for (int i = 0; i < days.count; ++i) found.push_back({{at, end}, days.Iso(i)});
    at = end - 1;
  }
  return found;
}

}  // namespace warifu::scan
