#include <algorithm>
#include <optional>

#include "extract/byte_reader.h"
#include "extract/encryption_forms.h"

namespace warifu::extract {
namespace {

using std::string_view_literals::operator""sv;

// --- PDF

constexpr std::size_t kTailBytes = 2048;             // where startxref is looked for
constexpr std::size_t kDictionaryBytes = 16 * 1024;  // of a trailer

constexpr int kMostTrailers = 64;

bool EndsName(char c) {
  return std::string_view("\0\t\n\f\r ()<>[]{}/%"sv).find(c) != std::string_view::npos;
}

// A dictionary, and not only its beginning: up to the ">>" that closes the first "<<".
std::optional<std::string_view> DictionaryAt(std::string_view bytes) {
  const std::size_t begin = bytes.substr(0, 256).find("<<");
  if (begin == std::string_view::npos) return {};
  const std::string_view all = bytes.substr(begin, kDictionaryBytes);
  int depth = 0;
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    const std::string_view two = all.substr(i, 2);
    if (two == "<<" || two == ">>") {
      depth += two == "<<" ? 1 : -1;
      ++i;
      if (depth == 0) return all.substr(0, i + 1);
    }
  }
  return {};
}

// Names may hide letters behind "#xx"; such a trailer is nothing that an ordinary program writes.
Encryption OfTrailer(std::string_view dictionary) {
  constexpr std::string_view kName = "/Encrypt";
  for (std::size_t at = 0; (at = dictionary.find(kName, at)) != std::string_view::npos;) {
    at += kName.size();
    if (at >= dictionary.size() || !EndsName(dictionary[at])) continue;
    const std::size_t value = dictionary.find_first_not_of("\0\t\n\f\r "sv, at);
    const bool null =
        value != std::string_view::npos && dictionary.substr(value).starts_with("null");
    return null ? Encryption::kNone : Encryption::kEncrypted;
  }
  return dictionary.contains('#') ? Encryption::kUnknown : Encryption::kNone;
}

// The dictionary of the last cross-reference section: behind "trailer", or of the stream.
std::optional<std::string_view> LastTrailer(std::string_view content) {
  const std::size_t tail = content.size() - std::min(content.size(), kTailBytes);
  const std::size_t found = content.rfind("startxref");
  if (found == std::string_view::npos || found < tail) return {};
  std::size_t digit = content.find_first_not_of("\0\t\n\f\r "sv, found + 9);
  std::uint64_t offset = 0;
  const std::size_t first = digit;
  for (; digit < content.size() && content[digit] >= '0' && content[digit] <= '9'; ++digit) {
    offset = offset * 10 + static_cast<std::uint64_t>(content[digit] - '0');
    if (offset >= content.size()) return {};
  }
  if (digit == first || digit >= content.size()) return {};
  std::string_view section = content.substr(offset);
  section.remove_prefix(std::min(section.find_first_not_of("\0\t\n\f\r "sv), section.size()));
  if (!section.starts_with("xref")) {
    const auto stream = DictionaryAt(section);
    return stream && stream->contains("/XRef") ? stream : std::nullopt;
  }
  const std::size_t trailer = section.find("trailer");
  if (trailer == std::string_view::npos) return {};
  return DictionaryAt(section.substr(trailer));
}

// --- Compound files

constexpr std::uint64_t kMostSectors = 4096;  // of the directory; 32,768 streams at least
constexpr std::size_t kHeaderSize = 512, kEntrySize = 128, kFatInHeader = 109;
constexpr std::size_t kMostHops = 256;
constexpr std::uint32_t kLastSector = 0xFFFFFFFA;  // greater ones are marks

class CompoundFile {
 public:
  explicit CompoundFile(std::string_view content) : content_(content) {
    ByteReader r(content);
    r.Skip(30);
    const unsigned shift = r.U16();
    r.Skip(16);
    directory_ = r.U32();
    r.Skip(16);
    more_fat_ = r.U32();
    r.Skip(4);
    fat_ = r.Take(kFatInHeader * 4);
    ok_ = r.ok() && (shift == 9 || shift == 12);
    if (ok_) sector_ = std::size_t{1} << shift;
  }

  // Nothing where the directory cannot be followed to its end.
  std::optional<bool> Holds(std::string_view name) const {
    std::uint32_t at = directory_;
    for (std::uint64_t i = 0; ok_ && i < kMostSectors; ++i) {
      const std::string_view sector = Sector(at);
      if (sector.empty()) return {};
      for (std::size_t entry = 0; entry < sector.size(); entry += kEntrySize) {
        if (sector.substr(entry).starts_with(name)) return true;
      }
      const std::optional<std::uint32_t> next = Next(at);
      if (!next) return {};
      if (*next > kLastSector) return false;
      at = *next;
    }
    return {};
  }

 private:
  // "" where it does not lie wholly in the file.
  std::string_view Sector(std::uint64_t number) const {
    const std::uint64_t begin = (number + 1) * sector_;
    if (begin > content_.size() || sector_ > content_.size() - begin) return {};
    return content_.substr(begin, sector_);
  }

  // The sector that comes behind this one, by the allocation table.
  std::optional<std::uint32_t> Next(std::uint32_t number) const {
    const std::size_t each = sector_ / 4;
    const std::optional<std::uint32_t> table = TableSector(number / each);
    const std::string_view entries = table ? Sector(*table) : std::string_view();
    if (entries.empty()) return {};
    ByteReader r(entries.substr(number % each * 4));
    return r.U32();
  }

  // Where the allocation table's sector of this index lies: the header names the first ones, a
  // chain of sectors the others.
  std::optional<std::uint32_t> TableSector(std::size_t index) const {
    std::string_view list = fat_;
    if (index >= kFatInHeader) {
      const std::size_t each = sector_ / 4 - 1;
      std::size_t hops = (index - kFatInHeader) / each;
      index = (index - kFatInHeader) % each;
      if (hops > kMostHops) return {};
      list = Sector(more_fat_);
      for (; hops > 0 && !list.empty(); --hops) {
        ByteReader next(list.substr(each * 4));
        list = Sector(next.U32());
      }
      if (list.empty()) return {};
    }
    ByteReader r(list.substr(index * 4));
    return r.U32();
  }

  std::string_view content_, fat_;
  std::uint32_t directory_ = 0, more_fat_ = 0;
  std::size_t sector_ = kHeaderSize;
  bool ok_ = false;
};

}  // namespace

Encryption EncryptionOfPdf(std::string_view content) {
  if (const auto trailer = LastTrailer(content)) return OfTrailer(*trailer);
  // Without a way to the last one, any of a file that programs mend when they open it.
  std::size_t at = content.size();
  for (int i = 0; i < kMostTrailers && at > 0; ++i) {
    at = content.rfind("trailer", at - 1);
    if (at == std::string_view::npos) break;
    const auto trailer = DictionaryAt(content.substr(at));
    if (trailer && OfTrailer(*trailer) == Encryption::kEncrypted) return Encryption::kEncrypted;
  }
  return Encryption::kUnknown;
}

Encryption EncryptionOfCompound(std::string_view content) {
  // UTF-16, with the zero that ends it.
  constexpr std::string_view kPackage = "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0\0\0"sv;
  const std::optional<bool> package = CompoundFile(content).Holds(kPackage);
  return package && *package ? Encryption::kEncrypted : Encryption::kUnknown;
}

}  // namespace warifu::extract
