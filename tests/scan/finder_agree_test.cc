// The quick search for rows and the slow one agree on hostile and on Japanese text: the same rows,
// by the same cells, at the same places.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>

#include "base/normalise.h"
#include "scan/index_builder.h"
#include "scan/text_marks.h"
#include "slow_finder.h"
#include "tables.h"

namespace warifu::scan {
namespace {

// How keys look decides which pieces are asked: words alone, any ASCII, and kana in keys.
enum class Keys { kWords, kSymbols, kKana };

constexpr const char* kSchema =
    "[index]\nid = \"t\"\nhandle = \"number\"\nheader = false\n"
    "[[index.columns]]\nname = \"number\"\nrole = \"key\"\ntype = \"digits\"\n"
    "[[index.columns]]\nname = \"login\"\nrole = \"key\"\ntype = \"login\"\n"
    "[[index.columns]]\nname = \"mail\"\nrole = \"key\"\ntype = \"email\"\n"
    "[[index.columns]]\nname = \"password\"\nrole = \"key\"\ntype = \"password\"\n"
    "[[index.columns]]\nname = \"name\"\nrole = \"corroborate\"\ntype = \"name\"\n"
    "[[index.columns]]\nname = \"born\"\nrole = \"corroborate\"\ntype = \"date\"\n";

class Rows final : public RowSource {
 public:
  explicit Rows(Keys keys) {
    std::mt19937 random(11);
    const std::string words = "abcdefghABCDEFGH0123456789-_+.@";
    const std::string symbols = words + "!\"#$%&'()*,/:;<=>?[\\]^`{|}~";
    for (int i = 0; i < 300; ++i) {
      std::string password;
      for (std::size_t n = 3 + random() % 20; n > 0; --n) {
        const std::string& from = keys == Keys::kWords ? words : symbols;
        password += from[random() % from.size()];
      }
      if (keys == Keys::kKana && i % 3 == 0) password += "ひみつ" + std::to_string(i % 7);
      const std::string number = std::to_string(20000 + i * 3331);
      const std::string login = "User" + std::to_string(i * 7) + (i % 2 == 0 ? "" : ".x");
      rows_.push_back({number, login, login + "@Example.jp", password,
                       "山田" + std::to_string(i) + "郎",
                       "197" + std::to_string(i % 10) + "-01-0" + std::to_string(1 + i % 9)});
    }
  }
  Result<bool> Next(std::span<const std::string_view>* cells) override {
    if (at_ == rows_.size()) return false;
    for (std::size_t i = 0; i < 6; ++i) cells_[i] = rows_[at_][i];
    *cells = cells_;
    ++at_;
    return true;
  }
  std::uint64_t line() const override { return at_; }
  std::uint64_t done() const override { return at_; }
  std::uint64_t total() const override { return rows_.size(); }
  Result<void> Rewind() override {
    at_ = 0;
    return {};
  }
  const std::vector<std::array<std::string, 6>>& rows() const { return rows_; }

 private:
  std::size_t at_ = 0;
  std::vector<std::array<std::string, 6>> rows_;
  std::array<std::string_view, 6> cells_;
};

std::string Text(std::mt19937& random, const Rows& rows, std::size_t pieces) {
  static const std::string kGlue[] = {
      " ",  "  ", "\n", ",",    ", ", "\t", ".",    ". ", ":",  "：", "、",  "。",
      "「", "」", "　", "-",    "/",  "(",  ")",    "@",  "=",  "\"", "'",   "<",
      ">",  "|",  ";",  "です", "の", "１", "\x01", "",   "\r", "é",  "Ö",   "ｶ",
      "😀", "0",  "12", " 3",   "-4", ".5", "a",    "B",  "..", "._", "\x7f"};
  std::string text;
  while (pieces-- > 0) {
    const std::size_t kind = random() % 16;
    if (kind < 5) {
      std::string cell = rows.rows()[random() % rows.rows().size()][random() % 6];
      if (kind == 4 && !cell.empty()) cell[random() % cell.size()] ^= 0x20;
      text += cell;
    } else if (kind == 5) {
      const auto& row = rows.rows()[random() % rows.rows().size()];
      text += row[random() % 4] + kGlue[random() % std::size(kGlue)] + row[random() % 6];
    } else if (kind == 6) {
      for (std::size_t n = random() % 50; n > 0; --n) {
        text += std::to_string(random() % 300) + " -./()"[random() % 6];
      }
    } else if (kind == 7) {
      for (std::size_t n = random() % 150; n > 0; --n) {
        text += static_cast<char>(' ' + random() % 95);
      }
    } else if (kind == 8 && random() % 8 == 0) {
      for (std::size_t n = random() % 400; n > 0; --n) text += static_cast<char>(random() % 256);
    } else if (kind == 9 && random() % 20 == 0) {
      text += std::string(random() % 2000, random() % 2 == 0 ? 'a' : '/');
    } else {
      text += kGlue[random() % std::size(kGlue)];
    }
    text += kGlue[random() % std::size(kGlue)];
  }
  return text;
}

bool Before(const IndexMatch& a, const IndexMatch& b) {
  return a.span.begin != b.span.begin ? a.span.begin < b.span.begin : a.row < b.row;
}

class FinderAgreeTest : public ::testing::TestWithParam<Keys> {};

TEST_P(FinderAgreeTest, OnHostileAndOnJapaneseText) {
  Rows rows(GetParam());
  const auto built = BuildIndex(test::Schema(kSchema), SipKey{7, 9}, rows, WallTime{}, {});
  ASSERT_TRUE(built) << built.error().ToString();
  const auto index = RecordIndex::FromBytes(built->bytes, SipKey{7, 9});
  ASSERT_TRUE(index) << index.error().ToString();
  const RecordFinder finder(**index);
  std::mt19937 random(static_cast<unsigned>(GetParam()) + 1);
  std::size_t matched = 0;
  for (int round = 0; round < 150; ++round) {
    std::string text = Text(random, rows, 1 + random() % (round % 40 == 0 ? 8000 : 60));
    if (round % 3 != 0) text = Normalise(std::move(text)).text;
    if (round == 80) text.insert(text.size() / 2, std::string(70000, 'a'));
    std::vector<IndexMatch> quick, slow = test::FindSlowly(**index, finder.tables(), text);
    ASSERT_TRUE(finder.Find(text, {}, &quick));
    std::ranges::sort(slow, Before);
    ASSERT_EQ(quick.size(), slow.size()) << "round " << round;
    for (std::size_t i = 0; i < quick.size(); ++i) {
      ASSERT_EQ(quick[i].row, slow[i].row) << round;
      ASSERT_EQ(quick[i].span, slow[i].span) << round;
      ASSERT_EQ(quick[i].secret, slow[i].secret) << round;
      ASSERT_EQ(quick[i].columns, slow[i].columns) << round;
    }
    matched += quick.size();
  }
  EXPECT_GT(matched, 300u);
}

INSTANTIATE_TEST_SUITE_P(Keys, FinderAgreeTest,
                         ::testing::Values(Keys::kWords, Keys::kSymbols, Keys::kKana));

TEST(TextMarksTest, EveryByteIsMarkedAlikeOnAnyProcessor) {
  std::mt19937 random(3);
  char block[64];
  for (int round = 0; round < 2000; ++round) {
    for (int i = 0; i < 64; ++i) {
      block[i] = static_cast<char>(round < 4 ? 64 * round + i : static_cast<int>(random() % 256));
    }
    // Most blocks of text hold no digit.
    if (round % 2 == 0 && round >= 4) {
      for (char& c : block) c = c >= '0' && c <= '9' ? '-' : c;
    }
    ASSERT_EQ(MarksOf(block), MarksOfPlain(block)) << round;
  }
}

}  // namespace
}  // namespace warifu::scan
