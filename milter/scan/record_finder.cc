#include "scan/record_finder.h"

#include <algorithm>
#include <array>
#include <unordered_set>
#include <utility>

#include "base/utf8.h"
#include "scan/cell_normal.h"
#include "scan/known_words.h"
#include "scan/row_search.h"
#include "scan/text_marks.h"

namespace warifu::scan {
namespace {

constexpr std::size_t kMaxNumberRuns = 16;
constexpr std::size_t kPending = 32;
constexpr std::size_t kTimeEvery = 1u << 16;  // bytes
constexpr std::size_t kManyBytes = 1u << 15;

bool IsDigit(char c) {
  return c >= '0' && c <= '9';
}

bool IsWide(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

bool IsCased(char c) {
  return (c >= 'A' && c <= 'Z') || IsWide(c);
}

// Marks of East Asian text that part words as ASCII punctuation does.
bool IsWideMark(std::string_view character) {
  if (character.size() != 3) return false;
  const auto a = static_cast<unsigned char>(character[0]);
  const auto b = static_cast<unsigned char>(character[1]);
  return a == 0xE3 && b == 0x80;  // U+3000 to U+303F: 、。「」【】
}

class Search {
 public:
  // `bytes`: of text, about, in which words will be known again.
  Search(const RecordIndex& index, const RecordFinder::Tables& tables, std::size_t bytes)
      : index_(index),
        tables_(tables),
        marks_(tables.dead, tables.digits.empty() ? 0 : tables.shortest_digits),
        known_(bytes),
        rows_(index) {}

  // Adds matches in the order of their places.
  bool Run(std::string_view text, const FindOptions& options, std::vector<IndexMatch>* out) {
    text_ = text;
    options_ = &options;
    out_ = out;
    rows_.Begin(text, options);
    seen_.clear();
    numbers_done_ = 0;
    rest_of_number_ = kNone;
    const std::size_t before = out->size();
    const bool whole = Windows();
    std::sort(out->begin() + static_cast<std::ptrdiff_t>(before), out->end(),
              [](const IndexMatch& a, const IndexMatch& b) {
                return a.span.begin != b.span.begin ? a.span.begin < b.span.begin : a.row < b.row;
              });
    return whole;
  }

 private:
  bool Windows() {
    for (std::size_t begin = 0, asked = 0; begin < text_.size();) {
      const Span window = marks_.Window(text_, begin);
      marks_.Read(text_, window);
      TakeWindow(window.begin);
      begin = window.end;
      if (begin - asked < kTimeEvery) continue;
      asked = begin;
      const auto* out_of_time = options_->out_of_time;
      if (out_of_time != nullptr && *out_of_time && (*out_of_time)()) {
        pending_count_ = 0;
        return false;
      }
    }
    Flush();
    return true;
  }

  struct Chosen {
    std::uint64_t marks;        // no words; of a longer run, not 0
    std::uint32_t begin, size;  // in the window
  };
  struct Piece {
    std::size_t begin, end;
    std::uint8_t fits;
  };
  // A piece on its way to the filter: as it is, folded, or both.
  struct Pending {
    std::uint64_t verbatim, folded;  // hashes; 0 for none
    std::size_t begin, end;
    std::uint8_t fits;
    bool number;
  };

  void TakeWindow(std::size_t base) {
    window_ = base;
    Choose();
    numbers_ = marks_.numbers();
    number_at_ = numbers_due_ = 0;
    FindNextNumber();
    for (std::size_t i = 0; i < chosen_count_; ++i) {
      const Chosen& run = chosen_[i];
      const std::size_t begin = base + run.begin;
      while (numbers_due_ <= begin) TakeNextNumber();
      if (run.marks == 0) {
        OfferWord(begin, run.size);
      } else if (run.size < kBits && (marks_.Wide(run.begin) << (kBits - run.size)) == 0) {
        OfferPieces(begin, run.size, run.marks);
      } else {
        TakePieces(begin, begin + run.size);
      }
    }
    while (next_number_ != kNone) TakeNextNumber();
  }

  // The runs in which a key may stand: most are one word, and of a length that no key has. Chosen
  // without a branch, since nobody can foretell which.
  void Choose() {
    const auto runs = marks_.runs();
    chosen_.resize(runs.size() / 2 + 1);
    chosen_count_ = 0;
    for (std::size_t i = 0; i + 1 < runs.size(); i += 2) {
      const std::uint32_t begin = runs[i], size = runs[i + 1] - begin;
      const std::uint32_t read = std::min<std::uint32_t>(size, kBits);
      const std::uint64_t no_word = marks_.NoWord(begin) << (kBits - read) >> (kBits - read);
      Chosen& chosen = chosen_[chosen_count_];
      chosen.marks = no_word | (size > kBits ? 1u : 0u);
      chosen.begin = begin;
      chosen.size = size;
      chosen_count_ += (chosen.marks != 0) | (tables_.lengths[size & 127] != 0);
    }
  }

  // Each piece of a short run of ASCII and each row of neighbours. `marks` has a bit for each byte
  // that is a piece of its own.
  void OfferPieces(std::size_t begin, std::size_t size, std::uint64_t marks) {
    const std::uint64_t cuts = marks | marks << 1 | 1u | std::uint64_t{1} << size;
    for (std::uint64_t from = cuts; from != 0; from &= from - 1) {
      const int first = std::countr_zero(from);
      for (std::uint64_t ends = cuts >> first & tables_.length_bits; ends != 0; ends &= ends - 1) {
        OfferWord(begin + static_cast<std::size_t>(first),
                  static_cast<std::size_t>(std::countr_zero(ends)));
      }
    }
  }

  // Numbers are taken behind the words of the run in which they begin; they may go on behind it.
  void FindNextNumber() {
    while (number_at_ < numbers_.size() && window_ + numbers_[number_at_] < numbers_done_) {
      ++number_at_;
    }
    next_number_ = number_at_ < numbers_.size() ? window_ + numbers_[number_at_] : kNone;
    next_number_ = std::min(next_number_, rest_of_number_);
    if (next_number_ == kNone) {
      numbers_due_ = kNone;
    } else if (next_number_ >= numbers_due_ || numbers_due_ == kNone) {
      numbers_due_ = marks_.RunEnd(text_, next_number_);
    }
  }

  void TakeNextNumber() {
    rest_of_number_ = kNone;
    TakeNumber(next_number_);
    FindNextNumber();
  }

  // Cuts a run into words, marks of ASCII, and what is beyond ASCII.
  void TakePieces(std::size_t begin, std::size_t end) {
    piece_count_ = 0;
    for (std::size_t pos = begin; pos < end;) {
      const std::size_t word = window_ + marks_.WordEnd(pos - window_);
      if (word > pos) {
        // Whether its bytes fit is only asked where its length does.
        AddPiece(pos, word, word - pos > tables_.longest ? 0 : 0xff);
        pos = word;
      } else if (IsWide(text_[pos])) {
        pos = TakeWide(pos);
      } else {
        AddPiece(pos, pos + 1, tables_.fits[static_cast<unsigned char>(text_[pos])]);
        ++pos;
      }
    }
    OfferJoined();
  }

  // Field by field: a piece that is copied in one step waits for its parts.
  void AddPiece(std::size_t begin, std::size_t end, std::uint8_t fits) {
    if (piece_count_ == pieces_.size()) pieces_.resize(2 * piece_count_ + 64);
    Piece& piece = pieces_[piece_count_++];
    piece.begin = begin;
    piece.end = end;
    piece.fits = fits;
  }

  // Characters beyond ASCII up to the next mark.
  std::size_t TakeWide(std::size_t pos) {
    const std::size_t begin = pos;
    while (pos < text_.size() && IsWide(text_[pos])) {
      const std::size_t size = std::max<std::size_t>(1, DecodeUtf8(text_, pos).size);
      const bool mark = IsWideMark(text_.substr(pos, size));
      if (mark && pos > begin) break;
      pos += size;
      if (mark) break;
    }
    AddPiece(begin, pos, FitsOf(begin, pos));
    return pos;
  }

  // Key columns in whose values all of these bytes occur; none for a piece that is too long.
  std::uint8_t FitsOf(std::size_t begin, std::size_t end) const {
    if (end - begin > tables_.longest) return 0;
    std::uint8_t fits = 0xff;
    for (; begin < end; ++begin) fits &= tables_.fits[static_cast<unsigned char>(text_[begin])];
    return fits;
  }

  // Each piece, and each row of neighbours.
  void OfferJoined() {
    for (std::size_t first = 0; first < piece_count_; ++first) {
      std::uint8_t fits = 0xff;
      const std::size_t begin = pieces_[first].begin;
      for (std::size_t last = first; last < piece_count_; ++last) {
        fits &= pieces_[last].fits;
        const std::size_t size = pieces_[last].end - begin;
        if (fits == 0 || size > tables_.longest) break;
        if ((fits & tables_.lengths[size]) != 0) OfferWord(begin, size);
      }
    }
  }

  // `size` is one that keys have.
  void OfferWord(std::size_t begin, std::size_t size) {
    if (size > KnownWords::kLongest) {
      const std::uint8_t fits = FitsOf(begin, begin + size) & tables_.lengths[size];
      if (fits != 0) Offer(begin, begin + size, fits);
      return;
    }
    const KnownWords::Word word = KnownWords::Read(text_, begin, size);
    if (known_.Has(word)) return;
    const std::uint8_t fits = FitsOf(begin, begin + size) & tables_.lengths[size];
    if (fits != 0) return Offer(begin, begin + size, fits);
    known_.Add(word);
  }

  void Offer(std::size_t begin, std::size_t end, std::uint8_t fits) {
    Push(0, begin, end, fits, false);
  }

  void TakeNumber(std::size_t begin) {
    const std::size_t size = text_.size();
    std::size_t pos = begin;
    while (pos < size && IsDigit(text_[pos])) ++pos;
    if (GoesOn(pos)) {
      pos = TakeGroup(begin);
      if (GoesOn(pos)) rest_of_number_ = pos + 1;
    } else if (pos - begin < kMaxCellBytes && tables_.digit_lengths[pos - begin]) {
      AskNumber(text_.substr(begin, pos - begin), begin, pos);
    }
    numbers_done_ = pos;
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
        AskNumber(number_, number_runs_[first].begin, run.end);
      }
    }
  }

  void AskNumber(std::string_view digits, std::size_t begin, std::size_t end) {
    Push(HashOf(digits), begin, end, 0, true);
  }

  std::uint64_t HashOf(std::string_view value) const {
    const std::uint64_t hash = index_.FilterHash(value);
    return hash == 0 ? 1 : hash;
  }

  std::uint64_t FoldedHash(std::string_view value) const {
    char buffer[kMaxCellBytes];
    for (std::size_t i = 0; i < value.size(); ++i) {
      const char c = value[i];
      if (IsWide(c)) return HashOf(FoldInPlace(value));
      buffer[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    }
    return HashOf({buffer, value.size()});
  }

  void Push(std::uint64_t hash, std::size_t begin, std::size_t end, std::uint8_t fits,
            bool number) {
    Pending& pending = pending_[pending_count_++];
    pending.verbatim = hash;
    pending.folded = 0;
    pending.begin = begin;
    pending.end = end;
    pending.fits = fits;
    pending.number = number;
    if (pending_count_ == kPending) Flush();
  }

  // Hashes first, then the filter, so that its lines of memory are on their way meanwhile.
  void Flush() {
    const std::span<Pending> all(pending_.data(), pending_count_);
    pending_count_ = 0;
    for (Pending& p : all) {
      if (!p.number) Hash(&p);
      if (p.verbatim != 0) index_.Prefetch(p.verbatim);
      if (p.folded != 0) index_.Prefetch(p.folded);
      if (options_->stats != nullptr)
        options_->stats->candidates += (p.verbatim != 0) + (p.folded != 0);
    }
    for (const Pending& p : all) {
      const bool verbatim = p.verbatim != 0 && index_.MayHold(p.verbatim);
      const bool folded = p.folded != 0 && index_.MayHold(p.folded);
      if (verbatim) LookUp(p, false);
      if (folded) LookUp(p, true);
      if (verbatim || folded || p.number || p.end - p.begin > KnownWords::kLongest) continue;
      known_.Add(KnownWords::Read(text_, p.begin, p.end - p.begin));
    }
  }

  void Hash(Pending* p) const {
    const std::string_view value = text_.substr(p->begin, p->end - p->begin);
    const std::uint8_t folded = p->fits & tables_.folded;
    const bool fold = folded != 0 && std::ranges::any_of(value, IsCased);
    if (!fold || folded != p->fits) p->verbatim = HashOf(value);
    if (fold) p->folded = FoldedHash(value);
  }

  void LookUp(const Pending& p, bool folded) {
    if (options_->stats != nullptr) ++options_->stats->passed;
    const Span span{p.begin, p.end};
    const std::string_view written = text_.substr(p.begin, p.end - p.begin);
    if (p.number) {
      std::string digits(written);
      std::erase_if(digits, [](char c) { return !IsDigit(c); });
      for (const std::size_t column : tables_.digits) LookUp(column, digits, span);
      return;
    }
    const std::string normal = folded ? FoldInPlace(written) : std::string(written);
    std::uint8_t fits = p.fits;
    if (folded) fits &= tables_.folded;
    if (!folded && p.folded != 0) fits &= static_cast<std::uint8_t>(~tables_.folded);
    for (std::size_t bit = 0; bit < tables_.keys.size(); ++bit) {
      if ((fits >> bit & 1) != 0) LookUp(tables_.keys[bit], normal, span);
    }
  }

  void LookUp(std::size_t column, const std::string& normal, Span span) {
    bool met = false;
    index_.Lookup(column, index_.Word(column, normal), [&](std::uint32_t row) {
      met = true;
      if (options_->own_row) {
        const std::uint32_t own = *options_->own_row;
        if (row == own || SameCell(index_.Cell(own, column), index_.Cell(row, column))) return;
      }
      if (seen_.contains(row)) return;
      if (const auto match = rows_.Confirm(row, column, span)) {
        seen_.insert(row);
        out_->push_back(*match);
      }
    });
    if (met && options_->stats != nullptr) ++options_->stats->keys[column];
  }

  static constexpr std::uint32_t kBits = 64;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  const RecordIndex& index_;
  const RecordFinder::Tables& tables_;
  std::string_view text_;
  const FindOptions* options_ = nullptr;
  TextMarks marks_;
  KnownWords known_;
  RowSearch rows_;
  std::vector<IndexMatch>* out_ = nullptr;
  std::size_t window_ = 0;
  std::vector<Chosen> chosen_;
  std::size_t chosen_count_ = 0;
  std::vector<Piece> pieces_;
  std::size_t piece_count_ = 0;
  std::vector<Span> number_runs_;
  std::string number_;
  std::size_t numbers_done_ = 0;
  std::span<const std::uint32_t> numbers_;  // of the window
  std::size_t number_at_ = 0;               // in these
  std::size_t next_number_ = kNone;
  std::size_t numbers_due_ = kNone;     // end of the run that it begins in
  std::size_t rest_of_number_ = kNone;  // of one with more than kMaxNumberRuns
  std::array<Pending, kPending> pending_;
  std::size_t pending_count_ = 0;
  std::unordered_set<std::uint32_t> seen_;
};

}  // namespace

RecordFinder::RecordFinder(const RecordIndex& index) : index_(index) {
  for (std::size_t i = 0; i < index.columns().size(); ++i) {
    const ColumnHead& column = index.columns()[i];
    if (column.key == 0) continue;
    const auto has_length = [&](std::size_t n) {
      return (column.lengths[n / 64] >> (n % 64) & 1) != 0;
    };
    if (index.type(i) == ColumnType::kDigits) {
      tables_.digits.push_back(i);
      for (std::size_t n = 1; n < 128; ++n) {
        if (!has_length(n)) continue;
        tables_.digit_lengths[n] = true;
        tables_.shortest_digits = std::min(tables_.shortest_digits, n);
        tables_.longest_digits = std::max(tables_.longest_digits, n);
      }
      continue;
    }
    const auto bit = static_cast<std::uint8_t>(1u << tables_.keys.size());
    tables_.keys.push_back(i);
    if (IsFolded(index.type(i))) tables_.folded |= bit;
    for (std::size_t n = 1; n < 128; ++n) {
      if (!has_length(n)) continue;
      tables_.lengths[n] |= bit;
      tables_.longest = std::max(tables_.longest, n);
    }
    for (std::size_t b = 0; b < 256; ++b) {
      const bool upper = b >= 'A' && b <= 'Z' && IsFolded(index.type(i));
      const std::size_t as = upper ? b + ('a' - 'A') : b;
      // A capital beyond ASCII may share no byte with its small letter.
      const bool wide = b >= 0x80 && IsFolded(index.type(i));
      if ((column.bytes[as / 64] >> (as % 64) & 1) == 0 && !wide) continue;
      tables_.fits[b] |= bit;
    }
    const bool beyond = column.bytes[2] != 0 || column.bytes[3] != 0;
    if (!beyond) {
      for (std::size_t b = 0x80; b < 256; ++b) tables_.fits[b] &= static_cast<std::uint8_t>(~bit);
    }
    tables_.beyond_ascii = tables_.beyond_ascii || beyond;
  }
  for (std::size_t n = 1; n < 64; ++n) {
    tables_.length_bits |= std::uint64_t{tables_.lengths[n] != 0} << n;
  }
  for (std::size_t b = 0; b < 256; ++b) {
    tables_.dead[b] = b < 0x80 ? tables_.fits[b] == 0 : !tables_.beyond_ascii;
  }
}

bool RecordFinder::Find(std::string_view text, const FindOptions& options,
                        std::vector<IndexMatch>* out) const {
  return Search(index_, tables_, text.size()).Run(text, options, out);
}

class RecordFinder::Many::State : public Search {
 public:
  using Search::Search;
};

RecordFinder::Many::Many(const RecordFinder& finder)
    : state_(std::make_unique<State>(finder.index_, finder.tables_, kManyBytes)) {}

RecordFinder::Many::~Many() = default;

bool RecordFinder::Many::Find(std::string_view text, const FindOptions& options,
                              std::vector<IndexMatch>* out) {
  return state_->Run(text, options, out);
}

}  // namespace warifu::scan
