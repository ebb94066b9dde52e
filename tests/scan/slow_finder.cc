#include "slow_finder.h"

#include <algorithm>
#include <array>
#include <unordered_set>

#include "base/utf8.h"
#include "scan/cell_normal.h"
#include "scan/row_search.h"

namespace warifu::scan::test {
namespace {

constexpr std::size_t kMaxNumberRuns = 16;

// What a byte is, in bits, so that the loop over a word asks one table.
enum Class : std::uint8_t {
  kBlank = 1,
  kWord = 2,
  kSoft = 4,
  kDot = 8,
  kWide = 16,
  kDigit = 32,
  kUpper = 64
};

// Punctuation that occurs inside of logins and addresses belongs to a word.
constexpr std::array<std::uint8_t, 256> MakeClasses() {
  std::array<std::uint8_t, 256> classes{};
  for (std::size_t b = 0; b < 256; ++b) {
    const bool digit = b >= '0' && b <= '9';
    const bool letter = b >= 'a' && b <= 'z';
    if (b >= 0x80) {
      classes[b] = kWide;
    } else if (b <= ' ' || b == 0x7f) {
      classes[b] = kBlank;
    } else if (digit) {
      classes[b] = kWord | kDigit;
    } else if (b >= 'A' && b <= 'Z') {
      classes[b] = kWord | kUpper;
    } else if (letter || b == '-' || b == '_' || b == '+' || b == '@') {
      classes[b] = kWord;
    } else {
      classes[b] = b == '.' ? kDot : kSoft;
    }
  }
  return classes;
}
constexpr std::array<std::uint8_t, 256> kClasses = MakeClasses();

struct Word {
  std::size_t end, digits;
  std::uint8_t fits, met;
};

// The word that begins at `pos`, with the dots inside of it. Nearly every byte of a mail passes
// through here, so all of it stays in registers.
Word ReadWord(const unsigned char* bytes, std::size_t pos, std::size_t size,
              const std::uint8_t* fit) {
  const std::size_t begin = pos;
  std::size_t digits = 0;
  std::uint8_t fits = 0xff, met = 0;
  for (; pos < size; ++pos) {
    const unsigned char byte = bytes[pos];
    const std::uint8_t c = kClasses[byte];
    if ((c & kWord) == 0) {
      const bool inner =
          c == kDot && pos > begin && pos + 1 < size && (kClasses[bytes[pos + 1]] & kWord) != 0;
      if (!inner) break;
    }
    fits &= fit[byte];
    met |= c;
    digits += (c & kDigit) / kDigit;
  }
  return {pos, digits, fits, met};
}

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

// Marks of East Asian text that part words as ASCII punctuation does.
bool IsWideMark(std::string_view character) {
  if (character.size() != 3) return false;
  const auto a = static_cast<unsigned char>(character[0]);
  const auto b = static_cast<unsigned char>(character[1]);
  return a == 0xE3 && b == 0x80;  // U+3000 to U+303F: 、。「」【】
}

enum class Form : std::uint8_t { kVerbatim, kFolded, kDigits };

class Search {
 public:
  Search(const RecordIndex& index, const RecordFinder::Tables& tables, std::string_view text,
         std::vector<IndexMatch>* out)
      : index_(index), tables_(tables), text_(text), rows_(index), out_(out) {
    rows_.Begin(text_, options_);
  }

  void Run() {
    for (std::size_t pos = 0; pos < text_.size();) pos = TakeRun(pos);
  }

 private:
  struct Piece {
    std::size_t begin, end;
    std::uint8_t fits, met;
  };
  struct Pending {
    std::size_t begin, end;
    std::uint8_t fits;
    Form form;
  };

  // The run that begins at or behind `pos`, up to the blank behind it.
  std::size_t TakeRun(std::size_t pos) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(text_.data());
    const std::size_t size = text_.size();
    const std::uint8_t ends = tables_.beyond_ascii ? kBlank : kBlank | kWide;
    while (pos < size && (kClasses[bytes[pos]] & ends) != 0) ++pos;
    const std::size_t run = pos;
    // Most runs are one word, and most words fit no key.
    const Word first = ReadWord(bytes, pos, size, tables_.fits);
    if (first.end == size || (kClasses[bytes[first.end]] & ends) != 0) {
      if (first.fits != 0 && first.end > run) Offer(run, first.end, first.fits, first.met);
      if (first.digits > 0) TakeNumbers(run, first.end, first.digits);
      return first.end;
    }
    pieces_.clear();
    std::size_t digits = 0;
    while (pos < size) {
      const std::size_t begin = pos;
      const Word word = ReadWord(bytes, pos, size, tables_.fits);
      pos = word.end;
      digits += word.digits;
      const std::uint8_t fits = word.fits;
      if (pos > begin) pieces_.push_back({begin, pos, fits, word.met});
      if (pos >= size || (kClasses[bytes[pos]] & ends) != 0) break;
      if (kClasses[bytes[pos]] == kWide) {
        pos = TakeWide(pos);
      } else {
        pieces_.push_back({pos, pos + 1, tables_.fits[bytes[pos]], kSoft});
        ++pos;
      }
    }
    OfferJoined();
    if (digits > 0) TakeNumbers(run, pos, digits);
    return pos;
  }

  // Characters beyond ASCII up to the next mark.
  std::size_t TakeWide(std::size_t pos) {
    const std::size_t begin = pos;
    std::uint8_t fits = 0xff;
    while (pos < text_.size() && kClasses[static_cast<unsigned char>(text_[pos])] == kWide) {
      const std::size_t size = std::max<std::size_t>(1, DecodeUtf8(text_, pos).size);
      const bool mark = IsWideMark(text_.substr(pos, size));
      if (mark && pos > begin) break;
      for (std::size_t i = 0; i < size; ++i) {
        fits &= tables_.fits[static_cast<unsigned char>(text_[pos + i])];
      }
      pos += size;
      if (mark) break;
    }
    pieces_.push_back({begin, pos, fits, kWide});
    return pos;
  }

  // Each piece, and each row of neighbours.
  void OfferJoined() {
    for (std::size_t first = 0; first < pieces_.size(); ++first) {
      std::uint8_t fits = 0xff, met = 0;
      for (std::size_t last = first; last < pieces_.size(); ++last) {
        fits &= pieces_[last].fits;
        met |= pieces_[last].met;
        if (fits == 0 || pieces_[last].end - pieces_[first].begin > tables_.longest) break;
        Offer(pieces_[first].begin, pieces_[last].end, fits, met);
      }
    }
  }

  void Offer(std::size_t begin, std::size_t end, std::uint8_t fits, std::uint8_t met) {
    const std::size_t length = end - begin;
    if (length > tables_.longest) return;
    fits &= tables_.lengths[length];
    if (fits == 0) return;
    const std::string_view value = text_.substr(begin, length);
    const std::uint8_t folded = fits & tables_.folded;
    const bool cased = (met & (kUpper | kWide)) != 0;
    if (folded == 0 || !cased) {
      return Ask(index_.FilterHash(value), begin, end, fits, Form::kVerbatim);
    }
    if (folded == fits) return Ask(FoldedHash(value), begin, end, fits, Form::kFolded);
    Ask(index_.FilterHash(value), begin, end, fits & static_cast<std::uint8_t>(~folded),
        Form::kVerbatim);
    Ask(FoldedHash(value), begin, end, folded, Form::kFolded);
  }

  std::uint64_t FoldedHash(std::string_view value) {
    char buffer[kMaxCellBytes];
    bool wide = false;
    for (std::size_t i = 0; i < value.size(); ++i) {
      const char c = value[i];
      buffer[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
      wide |= static_cast<unsigned char>(c) >= 0x80;
    }
    if (wide) return index_.FilterHash(FoldInPlace(value));
    return index_.FilterHash({buffer, value.size()});
  }

  // Numbers that begin in the run; they may go on behind it, over single separators.
  void TakeNumbers(std::size_t run, std::size_t run_end, std::size_t digits) {
    if (digits < tables_.shortest_digits && !GoesOn(run_end)) return;
    const std::size_t size = text_.size();
    const char* text = text_.data();
    for (std::size_t pos = std::max(run, numbers_done_); pos < run_end; ++pos) {
      if (!IsDigit(text[pos])) continue;
      const std::size_t begin = pos;
      while (pos < size && IsDigit(text[pos])) ++pos;
      if (GoesOn(pos)) {
        pos = TakeGroup(begin);
      } else if (pos - begin < kMaxCellBytes && tables_.digit_lengths[pos - begin]) {
        Ask(index_.FilterHash(text_.substr(begin, pos - begin)), begin, pos, 0, Form::kDigits);
      }
      numbers_done_ = pos;
    }
  }

  // A single separator stands at `pos`, and a digit behind it.
  bool GoesOn(std::size_t pos) const {
    return pos + 1 < text_.size() && IsDigitSeparator(text_[pos]) && IsDigit(text_[pos + 1]);
  }

  // Digits with single separators between them; returns what stands behind.
  std::size_t TakeGroup(std::size_t pos) {
    number_runs_.clear();
    for (;; ++pos) {
      const std::size_t begin = pos;
      while (pos < text_.size() && IsDigit(text_[pos])) ++pos;
      number_runs_.push_back({begin, pos});
      if (number_runs_.size() == kMaxNumberRuns || !GoesOn(pos)) break;
    }
    OfferNumbers();
    return pos;
  }

  void OfferNumbers() {
    for (std::size_t first = 0; first < number_runs_.size(); ++first) {
      number_.clear();
      for (std::size_t last = first; last < number_runs_.size(); ++last) {
        const Span run = number_runs_[last];
        if (number_.size() + run.size() > tables_.longest_digits) break;
        number_.append(text_.substr(run.begin, run.size()));
        if (!tables_.digit_lengths[number_.size()]) continue;
        Ask(index_.FilterHash(number_), number_runs_[first].begin, run.end, 0, Form::kDigits);
      }
    }
  }

  void Ask(std::uint64_t hash, std::size_t begin, std::size_t end, std::uint8_t fits, Form form) {
    if (hash == 0) hash = 1;
    if (index_.MayHold(hash)) LookUp({begin, end, fits, form});
  }

  void LookUp(const Pending& p) {
    const std::string_view written = text_.substr(p.begin, p.end - p.begin);
    std::string normal;
    switch (p.form) {
      case Form::kVerbatim:
        normal = written;
        break;
      case Form::kFolded:
        normal = FoldInPlace(written);
        break;
      case Form::kDigits:
        for (const char c : written) {
          if (IsDigit(c)) normal.push_back(c);
        }
        for (const std::size_t column : tables_.digits) LookUp(column, normal, {p.begin, p.end});
        return;
    }
    for (std::size_t bit = 0; bit < tables_.keys.size(); ++bit) {
      if ((p.fits >> bit & 1) != 0) LookUp(tables_.keys[bit], normal, {p.begin, p.end});
    }
  }

  void LookUp(std::size_t column, const std::string& normal, Span span) {
    index_.Lookup(column, index_.Word(column, normal), [&](std::uint32_t row) {
      if (seen_.contains(row)) return;
      if (const auto match = rows_.Confirm(row, column, span)) {
        seen_.insert(row);
        out_->push_back(*match);
      }
    });
  }

  const RecordIndex& index_;
  const RecordFinder::Tables& tables_;
  const std::string_view text_;
  const FindOptions options_;
  RowSearch rows_;
  std::vector<IndexMatch>* out_;
  std::vector<Piece> pieces_;
  std::vector<Span> number_runs_;
  std::string number_;
  std::size_t numbers_done_ = 0;
  std::unordered_set<std::uint32_t> seen_;
};

}  // namespace

std::vector<IndexMatch> FindSlowly(const RecordIndex& index, const RecordFinder::Tables& tables,
                                   std::string_view text) {
  std::vector<IndexMatch> out;
  Search(index, tables, text, &out).Run();
  return out;
}

}  // namespace warifu::scan::test
