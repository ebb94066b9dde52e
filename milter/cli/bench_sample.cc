#include "cli/bench_sample.h"

#include <array>
#include <random>
#include <string_view>

namespace warifu::cli {
namespace {

constexpr std::uint64_t kSeed = 20000401;
constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr auto kEnglish = std::to_array<std::string_view>(
    {"the",     "of",      "and",     "to",      "in",       "is",     "you",      "that",
     "for",     "meeting", "please",  "find",    "attached", "report", "number",   "week",
     "people",  "user",    "lunch",   "order",   "server",   "key",    "thanks",   "account",
     "update",  "morning", "regards", "number",  "paper",    "table",  "schedule", "member",
     "address", "would",   "could",   "question"});
constexpr auto kJapanese = std::to_array<std::string_view>(
    {"お世話", "に",   "なって",     "おります", "の",       "件",       "ついて", "資料",
     "を",     "送付", "いたします", "ご確認",   "ください", "委員",     "番号",   "スケジュール",
     "変更",   "は",   "こちら",     "から",     "お願い",   "明日",     "会議",   "時間",
     "担当",   "者",   "が",         "不在",     "ため",     "折り返し", "連絡",   "グループ"});

class Generator {
 public:
  explicit Generator(std::size_t bytes) : bytes_(bytes) {}

  std::string English() {
    return Fill([this](std::string* text) {
      for (int words = 6 + Below(10); words > 0; --words) {
        *text += kEnglish[static_cast<std::size_t>(Below(static_cast<int>(kEnglish.size())))];
        *text += Below(12) == 0 ? ", " : " ";
      }
      if (Below(5) == 0) *text += std::to_string(Below(100000)) + " ";
      if (Below(40) == 0) *text += "password: " + Letters(8) + " ";
      if (Below(30) == 0) *text += "https://www.example.com/" + Letters(8) + " ";
      if (Below(30) == 0) *text += Letters(6) + "@example.com ";
      text->back() = Below(4) == 0 ? '.' : '\n';
    });
  }

  std::string Japanese() {
    return Fill([this](std::string* text) {
      for (int words = 5 + Below(8); words > 0; --words) {
        *text += kJapanese[static_cast<std::size_t>(Below(static_cast<int>(kJapanese.size())))];
      }
      if (Below(6) == 0) *text += std::to_string(Below(10000)) + "年";
      if (Below(40) == 0) *text += "パスワード:" + Letters(8) + " 会員番号";
      if (Below(20) == 0) *text += "「" + Letters(5) + "」";
      *text += Below(3) == 0 ? "。\n" : "。";
    });
  }

  std::string Base64() {
    return Fill([this](std::string* text) {
      for (int i = 0; i < 76; ++i) *text += kBase64[static_cast<std::size_t>(Below(64))];
      *text += '\n';
    });
  }

  std::string Rows() {
    return Fill([this](std::string* text) {
      *text += std::to_string(100000 + Below(900000)) + "," + Letters(4 + Below(6)) + "," +
               Letters(7) + "@example.jp,20" + std::to_string(10 + Below(15)) + "-0" +
               std::to_string(1 + Below(9)) + "-1" + std::to_string(Below(10)) + "," +
               std::to_string(Below(100000)) + "\n";
    });
  }

 private:
  template <typename Line>
  std::string Fill(const Line& line) {
    std::string text;
    while (text.size() < bytes_) line(&text);
    return text;
  }
  int Below(int bound) { return static_cast<int>(engine_() % static_cast<std::uint64_t>(bound)); }
  std::string Letters(int count) {
    std::string out;
    while (count-- > 0) out += static_cast<char>('a' + Below(26));
    return out;
  }

  const std::size_t bytes_;
  std::mt19937_64 engine_{kSeed};
};

}  // namespace

std::vector<std::string> BenchSample(std::size_t bytes) {
  Generator generator(bytes);
  std::vector<std::string> texts;
  texts.push_back(generator.English());
  texts.push_back(generator.Japanese());
  texts.push_back(generator.Base64());
  texts.push_back(generator.Rows());
  return texts;
}

}  // namespace warifu::cli
