#include "scan/line_signs.h"

#include <cstring>

#include "scan/line_checks.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define WARIFU_INLINE __attribute__((always_inline)) inline

namespace warifu::scan {
namespace {

using Bits = std::uint64_t;
constexpr Bits kAll = ~Bits{0};
constexpr std::size_t kHexRun = 31;  // in a row hold 16 that stand at a multiple of 16
constexpr char kMark = 1;            // what a name is read without, or what may stand around it

// Kinds of bytes, where they are read one by one.
enum Kind : int {
  kFeed,
  kBlank,
  kSign,
  kColon,
  kSlash,
  kDigit,
  kLetter,
  kWide,
  kApostrophe,
  kParen,
  kRare
};

// Moved by one, with the highest bits of those before.
WARIFU_INLINE Bits Next(Bits bits, Bits before, int by = 1) {
  return bits << by | before >> (64 - by);
}

// bits + open + *carry: each bit carries through `open` to the line feed behind it. `*carry` is
// what is carried on.
WARIFU_INLINE Bits Carry(Bits bits, Bits open, Bits* carry) {
  Bits half = 0, sum = 0;
  const bool first = __builtin_add_overflow(bits, open, &half);
  const bool second = __builtin_add_overflow(half, *carry, &sum);
  *carry = static_cast<Bits>(first | second);
  return sum;
}

// In each 16 bits that are all set, the highest; perhaps others above one.
WARIFU_INLINE Bits FullRuns(Bits bits) {
  constexpr Bits kOnes = 0x0001000100010001, kTops = 0x8000800080008000;
  return (~bits - kOnes) & bits & kTops;
}

std::size_t TailOf(unsigned third, unsigned second, unsigned last) {
  return ((third << 16 | second << 8 | last) * 0x9e3779b1u) >> 16;
}

}  // namespace

LineSigns::LineSigns(const LineNeeds& needs) : needs_(needs) {
  const auto kind = [this](char c, Kind k) {
    auto& kinds = kinds_[static_cast<unsigned char>(c)];
    kinds = static_cast<std::uint16_t>(kinds | 1u << k);
  };
  kind('\n', kFeed);
  kind(' ', kBlank);
  kind(':', kColon);
  kind('/', kSlash);
  kind('\'', kApostrophe);
  kind('(', kParen);
  for (char c = '0'; c <= '9'; ++c) kind(c, kDigit);
  for (int b = 0x40; b < 0x100; ++b) kind(static_cast<char>(b), b < 0x80 ? kLetter : kWide);
  for (const char c : std::string_view("@{[\"")) kind(c, kRare);
  for (const char c : needs.signs) {
    const auto b = static_cast<unsigned char>(c);
    kind(c, kSign);
    for (std::size_t i = b % 16; i < signs_.size(); i += 16) {
      signs_[i] = static_cast<std::uint8_t>(signs_[i] | 1u << (b / 16));
    }
  }
  for (int b = 0; b < 256; ++b) {
    folds_[static_cast<std::size_t>(b)] =
        static_cast<std::uint8_t>(b >= 'A' && b <= 'Z' ? b + 32 : b);
  }
  for (const char c : " \t_-\"'`[]*()#>\n:/" + needs.signs)
    folds_[static_cast<unsigned char>(c)] = kMark;
  for (const std::string& name : needs.names) AddName(name);
  // What is not sure by two bytes is asked.
  for (std::size_t b = 0; b < 65536; ++b) {
    const unsigned second = folds_[b % 256], last = folds_[b / 256];
    bool may = last == kMark || last >= 0x80;
    for (unsigned third = 0; third < 256 && !may; ++third) {
      may = tails_.test(TailOf(third, second, last));
    }
    ends_.set(b, may);
  }
  for (const LineNeeds::List& list : needs.lists) {
    // A number has single marks between its digits: it lies in two blocks, or in one.
    if (list.digits >= 8) {
      digits_ = std::min(digits_, list.digits);
      dense_ = static_cast<int>(std::min<std::size_t>(digits_, 32) + 1) / 2;
    } else if (list.run >= kHexRun) {
      runs_ = true;
    } else {
      any_needs_ = kAll;
    }
  }
  solid_ = needs.solid ? kAll : 0;
  free_ = needs.digit ? 0 : kAll;
  dates_ = needs.dates ? kAll : 0;
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") != 0) width_ = 32;
  if (__builtin_cpu_supports("avx512bw") != 0) width_ = 64;
#endif
}

// What the last three bytes of a cell may be that is the name, marks within it or before it.
void LineSigns::AddName(std::string_view name) {
  const auto fold = [&](std::size_t from_end) -> unsigned {
    return from_end <= name.size()
               ? folds_[static_cast<unsigned char>(name[name.size() - from_end])]
               : static_cast<unsigned char>(kMark);
  };
  const unsigned last = fold(1), second = fold(2), third = fold(3), mark = kMark;
  for (const std::size_t tail : {TailOf(third, second, last), TailOf(mark, second, last),
                                 TailOf(second, mark, last), TailOf(mark, mark, last)}) {
    tails_.set(tail);
  }
  // Marks beyond ASCII stand before the name: their last bytes.
  for (const unsigned char c : std::string_view("【】■●・")) {
    if (name.size() == 2) tails_.set(TailOf(c, second, last));
    if (name.size() == 1) tails_.set(TailOf(mark, c, last));
  }
}

// Whether EndsName() must be asked, by two bytes.
WARIFU_INLINE bool LineSigns::MayEndName(std::string_view text, std::size_t end) const {
  if (end < 2) return true;
  const auto byte = [&](std::size_t pos) { return static_cast<unsigned char>(text[pos]); };
  return ends_[static_cast<std::size_t>(byte(end - 2)) | static_cast<std::size_t>(byte(end - 1))
                                                             << 8];
}

// Whether a name of a secret's column may end with the cell that ends there.
bool LineSigns::EndsName(std::string_view text, std::size_t end) const {
  while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t')) --end;
  if (end == 0) return false;
  const auto fold = [&](std::size_t from_end) -> unsigned {
    return from_end <= end ? folds_[static_cast<unsigned char>(text[end - from_end])]
                           : static_cast<unsigned char>(kMark);
  };
  const unsigned last = fold(1);
  if (last == kMark) {
    const unsigned kinds = kinds_[static_cast<unsigned char>(text[end - 1])];
    return (kinds & (1u << kSign | 1u << kColon | 1u << kSlash | 1u << kFeed)) == 0;
  }
  // Beyond ASCII marks stand behind a name, too.
  if (last >= 0x80 && std::string_view("\x90\x91\xa0\x8f\xbb").contains(text[end - 1])) return true;
  return tails_.test(TailOf(fold(3), fold(2), last));
}

WARIFU_INLINE LineSigns::Signs LineSigns::Derive(const Marks& m, Before* before) const {
  Signs out;
  const Bits words = (m.letters | m.digits) & ~m.signs;
  const Bits ends = m.signs | m.digits | m.blanks | (m.wide & dates_);
  const Bits blank = Next(m.blanks, before->blanks);
  const Bits slash = Next(m.slashes, before->slashes);
  out.delims = m.signs | m.colons | (m.slashes & blank);
  out.divided = m.signs | (m.slashes & blank) | (Next(m.colons, before->colons) & ~m.slashes) |
                (Next(m.colons, before->colons, 2) & slash & ~m.slashes);
  out.parted = words & blank & Next(words, before->words, 2);
  out.needs = (std::popcount(m.digits) >= dense_ ? m.digits : 0) | (runs_ ? FullRuns(words) : 0);
  out.quoted = m.apostrophes & ~Next(words, before->words);
  out.dn = m.colons & Next(m.feeds, before->feeds, 3);
  out.last = Next(ends, before->ends);
  *before = {m.feeds, m.blanks, words, m.colons, m.slashes, ends};
  return out;
}

// Those of `ends` before which a cell ends that may be the name of a secret's column.
WARIFU_INLINE Bits LineSigns::HeadsOf(std::string_view text, std::size_t at, Bits ends) const {
  Bits may = 0;
  const auto ask = [&] {
    const std::size_t end = at + static_cast<std::size_t>(std::countr_zero(ends));
    may |= MayEndName(text, std::min(end, text.size())) ? ends & (~ends + 1) : 0;
    ends &= ends - 1;
  };
  // Two steps without a branch: how many are needed cannot be foretold.
  ask();
  ask();
  while (ends != 0) ask();
  Bits heads = 0;
  for (; may != 0; may &= may - 1) {
    const bool is = EndsName(text, at + static_cast<std::size_t>(std::countr_zero(may)));
    heads |= is ? may & (~may + 1) : 0;
  }
  return heads;
}

WARIFU_INLINE LineSigns::Block LineSigns::Add(std::string_view text, std::size_t at, const Marks& m,
                                              Sums* sums) const {
  const Signs signs = Derive(m, &sums->before);
  const Bits open = ~m.feeds;
  const Bits odd = m.rare | signs.quoted | signs.dn;
  const Bits parted = Carry(signs.parted, open, &sums->parted);
  // The first blank of a line is lost in the sum, others are left over.
  const Bits later = Carry(m.blanks, open, &sums->blanks);
  const Bits first = Next(m.blanks & ~later, sums->first);
  sums->first = m.blanks & ~later;
  const Bits prose = Carry(signs.parted & first, open, &sums->prose);
  const Bits needs = Carry(signs.needs, open, &sums->needs) | (any_needs_ & ~prose);
  const Bits digits = Carry(m.digits, open, &sums->digits) | free_;
  const Bits parens = Carry(m.parens, open, &sums->parens);
  // Most lines of some texts hold nothing that may divide cells.
  if ((odd | signs.divided | signs.delims | sums->divided | sums->rare | sums->heads) == 0) {
    return {m.feeds, 0};
  }
  const Bits rare = Carry(odd, open, &sums->rare);
  const Bits divided = Carry(signs.divided & open, open, &sums->divided) | signs.divided;
  // What is a sign and not the first is left over by the sum.
  Bits enough = Carry(m.signs, open, &sums->signs[0]);
  if (needs_.least > 1) {
    const Bits second = m.signs & enough;
    enough = Carry(second, open, &sums->signs[1]);
    if (needs_.least > 2) enough = Carry(second & enough, open, &sums->signs[2]);
  }
  Bits heads = HeadsOf(text, at, signs.delims | (m.feeds & divided));
  heads = Carry(heads & open, open, &sums->heads) | heads;
  const Bits lists = (~parted & solid_) | needs;
  const Bits rows = parens | (digits & (enough | signs.last));
  return {m.feeds, m.feeds & (rare | heads | (divided & (lists | rows)))};
}

// Whether blanks alone may divide the cells of a row there. A tab hides them, quotes hold them.
bool LineSigns::IsSpaced(std::string_view line, std::size_t gaps) const {
  return gaps > 0 && (gaps <= needs_.gaps || line.find_first_of("\t\"'") != line.npos);
}

LineFacts LineSigns::FactsOf(std::string_view text, std::size_t begin, std::size_t end,
                             std::span<std::size_t> places) const {
  LineFacts out{.begin = begin, .end = end};
  const std::string_view line = text.substr(begin, end - begin);
  Before before;
  Signs all;
  bool address = false, last = false, names = false, digits = free_ != 0, parens = false;
  std::size_t quotes = 0, gaps = 0;
  for (std::size_t at = begin; at <= end; at += kBlock) {
    const Marks marks = Read(text, at);
    const Bits behind_blanks = Next(marks.blanks, before.blanks);
    const Signs signs = Derive(marks, &before);
    const std::size_t left = end - at;
    const Bits own = left < kBlock ? (Bits{1} << left) - 1 : kAll;
    const Bits behind = left < kBlock ? Bits{1} << left : 0;
    all.divided |= signs.divided & (own | behind);
    all.parted |= signs.parted & own;
    all.needs |= signs.needs & own;
    digits = digits || (marks.digits & own) != 0;
    parens = parens || (marks.parens & own) != 0;
    all.quoted |= signs.quoted & own;
    all.dn |= signs.dn & own;
    last = last || (signs.last & behind) != 0;
    gaps += static_cast<std::size_t>(std::popcount(marks.blanks & own & ~behind_blanks));
    for (Bits rare = marks.rare & own; rare != 0; rare &= rare - 1) {
      const std::size_t place = at + static_cast<std::size_t>(std::countr_zero(rare));
      const char c = text[place];
      if (c == '@') address = address || MayBeAddress(line, place - begin);
      if (c == '"') ++quotes;
      out.opens = out.opens || c == '{' || c == '[';
    }
    names = names || HeadsOf(text, at, (signs.delims & own) | behind) != 0;
    for (Bits sign = marks.signs & own; sign != 0; sign &= sign - 1) {
      if (out.signs < places.size()) {
        places[out.signs] = at + static_cast<std::size_t>(std::countr_zero(sign));
      }
      ++out.signs;
    }
  }
  out.at = places.first(std::min(out.signs, places.size()));
  out.quote_open = quotes % 2 != 0;
  names = names || quotes > 0 || all.quoted != 0;
  out.names = needs_.every_line || names || parens;
  const bool divided = all.divided != 0;
  const bool solid = solid_ != 0 && all.parted == 0;
  const auto needs = [&] {
    return any_needs_ != 0 ||
           (all.needs != 0 && HoldsNumber(line, digits_, runs_ ? kHexRun : SIZE_MAX));
  };
  out.list = needs_.every_line || (address && (divided || IsSpaced(line, gaps))) ||
             (divided && (solid || names || needs()));
  const bool enough = out.signs >= needs_.least || last;
  out.row = needs_.every_line || out.opens || all.dn != 0 ||
            (out.signs > 0 && (out.names || (digits && enough)));
  return out;
}

// What lies behind the text is read as line feeds.
LineSigns::Marks LineSigns::Read(std::string_view text, std::size_t at) const {
  const char* bytes = text.data() + at;
  char copy[kBlock];
  if (at + kBlock > text.size()) {
    std::memset(copy, '\n', sizeof copy);
    text.copy(copy, sizeof copy, at);
    bytes = copy;
  }
  return width_ == 1 ? MarksOf(bytes) : ReadBy32(bytes);
}

void LineSigns::Sift(std::string_view text, std::size_t base, std::span<Block> out,
                     Sums* sums) const {
  const std::size_t whole = std::min((text.size() - base) / kBlock, out.size());
  std::size_t done = 0;
  if (width_ != 1 && !needs_.every_line) {
    const auto sift = width_ == 64 ? &LineSigns::Sift64 : &LineSigns::Sift32;
    (this->*sift)(text, base, out.first(whole), sums);
    done = whole;
  }
  for (; done < out.size(); ++done) {
    const std::size_t at = base + done * kBlock;
    const Marks marks = Read(text, at);
    out[done] = needs_.every_line ? Block{marks.feeds, marks.feeds} : Add(text, at, marks, sums);
  }
}

LineSigns::Marks LineSigns::MarksOf(const char* bytes) const {
  constexpr Bits kLows = 0x0101010101010101, kGather = 0x0102040810204080;
  std::array<Bits, 16> kinds{};
  for (int i = 0; i < static_cast<int>(kBlock); i += 8) {
    Bits low = 0, high = 0;
    for (int k = 0; k < 8; ++k) {
      const Bits kind = kinds_[static_cast<unsigned char>(bytes[i + k])];
      low |= (kind & 0xff) << (8 * k);
      high |= (kind >> 8) << (8 * k);
    }
    for (int k = 0; k < 8; ++k) {
      kinds[static_cast<std::size_t>(k)] |= (low >> k & kLows) * kGather >> 56 << i;
    }
    if (high == 0) continue;
    for (int k = 8; k <= kRare; ++k) {
      kinds[static_cast<std::size_t>(k)] |= (high >> (k - 8) & kLows) * kGather >> 56 << i;
    }
  }
  return {kinds[kFeed],       kinds[kBlank], kinds[kSign],   kinds[kColon],
          kinds[kSlash],      kinds[kDigit], kinds[kLetter], kinds[kWide],
          kinds[kApostrophe], kinds[kParen], kinds[kRare]};
}

#if defined(__x86_64__)

#define WARIFU_AVX2 __attribute__((target("avx2")))

namespace {

WARIFU_AVX2 WARIFU_INLINE Bits MaskOf(__m256i low, __m256i high) {
  return static_cast<Bits>(static_cast<unsigned>(_mm256_movemask_epi8(low))) |
         static_cast<Bits>(static_cast<unsigned>(_mm256_movemask_epi8(high))) << 32;
}

struct TwoHalves {
  __m256i low, high;
};

WARIFU_AVX2 WARIFU_INLINE Bits Is(const TwoHalves& b, char c) {
  const __m256i all = _mm256_set1_epi8(c);
  return MaskOf(_mm256_cmpeq_epi8(b.low, all), _mm256_cmpeq_epi8(b.high, all));
}

WARIFU_AVX2 WARIFU_INLINE __m256i Digits(__m256i bytes) {
  const __m256i digit = _mm256_sub_epi8(bytes, _mm256_set1_epi8('0'));
  return _mm256_cmpeq_epi8(_mm256_min_epu8(digit, _mm256_set1_epi8(9)), digit);
}

// A bit for each upper half of a byte of ASCII.
constexpr auto kUppers = [] {
  std::array<std::uint8_t, 64> out{};
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (i % 16 < 8) out[i] = static_cast<std::uint8_t>(1u << (i % 16));
  }
  return out;
}();

// Bytes that are none of a set, told by their halves.
WARIFU_AVX2 WARIFU_INLINE __m256i NotIn(__m256i set, __m256i bytes) {
  const __m256i uppers = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(kUppers.data()));
  const __m256i upper = _mm256_and_si256(_mm256_srli_epi16(bytes, 4), _mm256_set1_epi8(0x0f));
  return _mm256_cmpeq_epi8(
      _mm256_and_si256(_mm256_shuffle_epi8(set, bytes), _mm256_shuffle_epi8(uppers, upper)),
      _mm256_setzero_si256());
}

// @ { [ "; { is [ with a bit more.
WARIFU_AVX2 WARIFU_INLINE __m256i Rare(__m256i bytes) {
  const __m256i brace = _mm256_or_si256(bytes, _mm256_set1_epi8(0x20));
  return _mm256_or_si256(_mm256_cmpeq_epi8(brace, _mm256_set1_epi8('{')),
                         _mm256_or_si256(_mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('@')),
                                         _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"'))));
}

}  // namespace

WARIFU_AVX2 WARIFU_INLINE LineSigns::Marks LineSigns::MarksBy32(const char* bytes) const {
  const TwoHalves b{_mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes)),
                    _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + 32))};
  const __m256i signs = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(signs_.data()));
  Marks out;
  out.feeds = Is(b, '\n');
  out.blanks = Is(b, ' ');
  out.signs = ~MaskOf(NotIn(signs, b.low), NotIn(signs, b.high));
  out.colons = Is(b, ':');
  out.slashes = Is(b, '/');
  out.digits = MaskOf(Digits(b.low), Digits(b.high));
  out.wide = MaskOf(b.low, b.high);
  out.letters = MaskOf(_mm256_slli_epi16(b.low, 1), _mm256_slli_epi16(b.high, 1)) & ~out.wide;
  out.apostrophes = Is(b, '\'');
  out.parens = Is(b, '(');
  out.rare = MaskOf(Rare(b.low), Rare(b.high));
  return out;
}

WARIFU_AVX2 LineSigns::Marks LineSigns::ReadBy32(const char* bytes) const {
  return MarksBy32(bytes);
}

WARIFU_AVX2 void LineSigns::Sift32(std::string_view text, std::size_t base, std::span<Block> out,
                                   Sums* sums) const {
  Sums own = *sums;
  for (Block& block : out) {
    block = Add(text, base, MarksBy32(text.data() + base), &own);
    base += kBlock;
  }
  *sums = own;
}

#define WARIFU_AVX512 __attribute__((target("avx512bw,popcnt")))

WARIFU_AVX512 WARIFU_INLINE LineSigns::Marks LineSigns::MarksBy64(const char* bytes) const {
  const __m512i b = _mm512_loadu_si512(bytes);
  const __m512i half = _mm512_set1_epi8(0x0f), nine = _mm512_set1_epi8(9);
  const __m512i set = _mm512_loadu_si512(signs_.data());
  const __m512i uppers = _mm512_loadu_si512(kUppers.data());
  const __m512i upper = _mm512_and_si512(_mm512_srli_epi16(b, 4), half);
  Marks out;
  out.feeds = _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8('\n'));
  out.blanks = _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8(' '));
  out.signs =
      _mm512_test_epi8_mask(_mm512_shuffle_epi8(set, b), _mm512_shuffle_epi8(uppers, upper));
  out.colons = _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8(':'));
  out.slashes = _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8('/'));
  out.digits = _mm512_cmple_epu8_mask(_mm512_sub_epi8(b, _mm512_set1_epi8('0')), nine);
  out.wide = _mm512_movepi8_mask(b);
  out.letters = _mm512_test_epi8_mask(b, _mm512_set1_epi8(0x40)) & ~out.wide;
  out.apostrophes = _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8('\''));
  out.parens = _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8('('));
  out.rare =
      _mm512_cmpeq_epi8_mask(_mm512_or_si512(b, _mm512_set1_epi8(0x20)), _mm512_set1_epi8('{')) |
      _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8('@')) |
      _mm512_cmpeq_epi8_mask(b, _mm512_set1_epi8('"'));
  return out;
}

WARIFU_AVX512 void LineSigns::Sift64(std::string_view text, std::size_t base, std::span<Block> out,
                                     Sums* sums) const {
  Sums own = *sums;
  for (Block& block : out) {
    block = Add(text, base, MarksBy64(text.data() + base), &own);
    base += kBlock;
  }
  *sums = own;
}

#else

LineSigns::Marks LineSigns::ReadBy32(const char* bytes) const {
  return MarksOf(bytes);
}

void LineSigns::Sift32(std::string_view, std::size_t, std::span<Block>, Sums*) const {}
void LineSigns::Sift64(std::string_view, std::size_t, std::span<Block>, Sums*) const {}

#endif

}  // namespace warifu::scan
