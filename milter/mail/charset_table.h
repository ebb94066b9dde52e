// CharsetTable: one stateless charset as lookup tables, filled from iconv at first use.
//
// Asking iconv for every character is slow, and asking it for whole blocks loses which bytes made
// which character. So each charset is asked once for its one- and two-byte characters, and texts
// are decoded from the tables with exact offsets. The few longer characters (EUC three-byte,
// GB 18030 four-byte) still go to iconv one by one.
//
// Guarantees: tables are shared and bounded in number; at least-recently-used are let go.
// Refuses: charsets with shift states (ISO-2022-*, HZ, UTF-7) and Unicode encodings.
// Threads: Open is safe; a table is const.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/offset_map.h"

namespace warifu::mail {

class MapWriter;

class CharsetTable {
 public:
  // nullptr when iconv does not know the name, or the charset is not stateless.
  static std::shared_ptr<const CharsetTable> Open(std::string_view iconv_name);

  struct Entry {
    static constexpr std::uint8_t kInvalid = 0, kLead = 0xFF;
    std::uint8_t size = kInvalid;  // of `utf8`; kLead: more bytes follow
    std::array<char, 7> utf8{};
    std::string_view text() const { return {utf8.data(), size}; }
    bool valid() const { return size != kInvalid && size != kLead; }
  };

  const Entry& Single(std::uint8_t byte) const { return single_[byte]; }
  // `lead` must be a byte whose Single() says kLead.
  const Entry& Pair(std::uint8_t lead, std::uint8_t trail) const {
    return pairs_[row_[lead] * 256u + trail];
  }
  // Bytes below 0x80 are ASCII.
  bool ascii() const { return ascii_; }
  const std::string& name() const { return name_; }

  // Appends `bytes` as UTF-8, with its map; returns the number of replaced sequences.
  std::size_t Decode(std::string_view bytes, std::string* text, OffsetMap* map) const;

 private:
  CharsetTable() = default;
  friend class TableMaker;
  std::size_t PutPairs(std::string_view bytes, MapWriter* out) const;

  std::string name_;
  bool ascii_ = true;
  std::array<Entry, 256> single_{};
  std::array<std::uint16_t, 256> row_{};
  std::vector<Entry> pairs_;
};

}  // namespace warifu::mail
