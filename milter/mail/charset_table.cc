#include "mail/charset_table.h"

#include <algorithm>
#include <list>
#include <mutex>
#include <optional>

#include "base/utf8.h"
#include "mail/iconv_door.h"
#include "mail/map_writer.h"

namespace warifu::mail {
namespace {

constexpr std::size_t kMaxTables = 24;
constexpr std::size_t kMaxCharacterBytes = 4;

// Names whose first bytes say that the charset is none of ours: it shifts, or is Unicode.
constexpr std::string_view kNotTables[] = {
    "ISO-2022",  "ISO2022", "CSISO2022", "HZ",   "UTF",  "UCS",     "UNICODE",
    "CSUNICODE", "CSUCS",   "ISO-10646", "OSF",  "IBM9", "CP930",   "CP933",
    "CP935",     "CP937",   "CP939",     "TCVN", "JAVA", "WCHAR_T", "INTERNAL"};

std::string Upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

bool IsStateless(std::string_view upper) {
  return std::ranges::none_of(kNotTables, [&](std::string_view s) { return upper.starts_with(s); });
}

// Position of a JIS row and cell (EUC bytes) in Shift_JIS.
std::array<std::uint8_t, 2> ShiftJisOf(std::uint8_t euc1, std::uint8_t euc2) {
  const unsigned row = euc1 - 0xA1u, cell = euc2 - 0xA1u;
  const unsigned lead = 0x81 + row / 2 + (row >= 62 ? 0x40 : 0);
  const unsigned trail = row % 2 == 1 ? cell + 0x9F : cell + 0x40 + (cell >= 63 ? 1 : 0);
  return {static_cast<std::uint8_t>(lead), static_cast<std::uint8_t>(trail)};
}

}  // namespace

// Fills a table by asking iconv for every one- and two-byte sequence.
class TableMaker {
 public:
  static std::shared_ptr<const CharsetTable> Make(const std::string& name) {
    Converter converter("UTF-8", name);
    if (!converter.ok()) return nullptr;
    std::shared_ptr<CharsetTable> table(new CharsetTable);
    table->name_ = name;
    for (unsigned b = 0; b < 256; ++b) {
      const char byte = static_cast<char>(b);
      CharsetTable::Entry& entry = table->single_[b];
      entry = Ask(&converter, {&byte, 1});
      if (b < 0x80 && entry.text() != std::string_view(&byte, 1)) table->ascii_ = false;
      if (entry.size == CharsetTable::Entry::kLead) AddRow(&converter, table.get(), b);
    }
    if (name == "EUC-JP-MS") AddNecSelectedRows(table.get());
    return table;
  }

 private:
  static CharsetTable::Entry Ask(Converter* converter, std::string_view bytes) {
    CharsetTable::Entry entry;
    converter->Reset();
    const Converter::Step step =
        converter->Convert(bytes, entry.utf8.data(), entry.utf8.size(), true);
    if (step.outcome == Converter::Outcome::kIncomplete && step.produced == 0) {
      entry.size = CharsetTable::Entry::kLead;
    } else if (step.outcome == Converter::Outcome::kDone && step.produced > 0) {
      entry.size = static_cast<std::uint8_t>(step.produced);
    }
    return entry;
  }

  static void AddRow(Converter* converter, CharsetTable* table, unsigned lead) {
    table->row_[lead] = static_cast<std::uint16_t>(table->pairs_.size() / 256);
    for (unsigned t = 0; t < 256; ++t) {
      const char pair[] = {static_cast<char>(lead), static_cast<char>(t)};
      table->pairs_.push_back(Ask(converter, {pair, 2}));
    }
  }

  // Rows 89 to 92 hold NEC's selection of IBM characters (髙, 﨑) in the mail of every Windows
  // program, where the C library's EUC has private-use characters: take them from CP932.
  static void AddNecSelectedRows(CharsetTable* euc) {
    const auto cp932 = CharsetTable::Open("CP932");
    if (cp932 == nullptr) return;
    for (unsigned lead = 0xF9; lead <= 0xFC; ++lead) {
      for (unsigned trail = 0xA1; trail <= 0xFE; ++trail) {
        const auto sjis =
            ShiftJisOf(static_cast<std::uint8_t>(lead), static_cast<std::uint8_t>(trail));
        const CharsetTable::Entry& entry = cp932->Pair(sjis[0], sjis[1]);
        if (entry.valid()) euc->pairs_[euc->row_[lead] * 256u + trail] = entry;
      }
    }
  }
};

std::shared_ptr<const CharsetTable> CharsetTable::Open(std::string_view iconv_name) {
  // Most recently used first.
  static std::recursive_mutex mutex;
  static std::list<std::shared_ptr<const CharsetTable>> tables;
  const std::string name = Upper(iconv_name);
  if (!IsCharsetName(name) || !IsStateless(name)) return nullptr;
  const std::scoped_lock lock(mutex);
  for (auto it = tables.begin(); it != tables.end(); ++it) {
    if ((*it)->name() == name) {
      tables.splice(tables.begin(), tables, it);
      return tables.front();
    }
  }
  auto table = TableMaker::Make(name);
  if (table == nullptr) return nullptr;
  tables.push_front(table);
  if (tables.size() > kMaxTables) tables.pop_back();
  return table;
}

namespace {

// One character longer than two bytes, asked of iconv. Returns its size in bytes, 0 when invalid.
class LongCharacters {
 public:
  explicit LongCharacters(const std::string& charset) : charset_(charset) {}

  std::size_t Decode(std::string_view bytes, std::array<char, 16>* out, std::size_t* produced) {
    if (!converter_) converter_.emplace("UTF-8", charset_);
    for (std::size_t size = 3; size <= kMaxCharacterBytes && size <= bytes.size(); ++size) {
      converter_->Reset();
      const Converter::Step step =
          converter_->Convert(bytes.substr(0, size), out->data(), out->size(), true);
      if (step.outcome == Converter::Outcome::kInvalid) return 0;
      if (step.outcome == Converter::Outcome::kDone && step.produced > 0) {
        *produced = step.produced;
        return size;
      }
    }
    return 0;
  }

 private:
  const std::string& charset_;
  std::optional<Converter> converter_;
};

}  // namespace

// A run of two-byte characters, as long as nothing is odd about them; returns how many.
std::size_t CharsetTable::PutPairs(std::string_view bytes, MapWriter* out) const {
  constexpr std::size_t kMost = 128;
  const auto* at = reinterpret_cast<const std::uint8_t*>(bytes.data());
  return out->PutRun(std::min(kMost, bytes.size() / 2), 2, [&](std::size_t i) -> const Entry* {
    if (single_[at[2 * i]].size != Entry::kLead) return nullptr;
    const Entry& entry = Pair(at[2 * i], at[2 * i + 1]);
    return entry.valid() ? &entry : nullptr;
  });
}

std::size_t CharsetTable::Decode(std::string_view bytes, std::string* text, OffsetMap* map) const {
  std::size_t errors = 0;
  LongCharacters longer(name_);
  std::array<char, 16> buffer{};
  MapWriter out(text, map, bytes.size() + bytes.size() / 2);
  for (std::size_t pos = 0; pos < bytes.size();) {
    if (ascii_ && static_cast<std::uint8_t>(bytes[pos]) < 0x80) {
      const std::size_t end = FindNonAscii(bytes, pos);
      out.Copy(bytes.substr(pos, end - pos));
      pos = end;
      continue;
    }
    if (const std::size_t pairs = PutPairs(bytes.substr(pos), &out); pairs > 0) {
      pos += 2 * pairs;
      continue;
    }
    const auto lead = static_cast<std::uint8_t>(bytes[pos]);
    const Entry* entry = &single_[lead];
    std::size_t size = 1;
    if (entry->size == Entry::kLead && pos + 1 < bytes.size()) {
      entry = &Pair(lead, static_cast<std::uint8_t>(bytes[pos + 1]));
      size = 2;
    }
    if (entry->valid()) {
      out.Put(entry->text(), size);
      pos += size;
      continue;
    }
    std::size_t produced = 0;
    if (size == 2 && entry->size == Entry::kLead) {
      size = longer.Decode(bytes.substr(pos), &buffer, &produced);
      if (size > 0) {
        out.Put({buffer.data(), produced}, size);
        pos += size;
        continue;
      }
    }
    // A broken sequence never swallows an ASCII byte: it could be a delimiter or a secret's first.
    const bool both = pos + 1 < bytes.size() && entry != &single_[lead] &&
                      static_cast<std::uint8_t>(bytes[pos + 1]) >= 0x80;
    out.Put(kReplacementCharacter, both ? 2 : 1);
    pos += both ? 2 : 1;
    ++errors;
  }
  out.Finish();
  return errors;
}

}  // namespace warifu::mail
