#include "extract/encryption.h"

#include <gtest/gtest.h>

#include <ctime>
#include <string>
#include <string_view>
#include <vector>

namespace warifu::extract {
namespace {

using std::string_literals::operator""s;

std::string Little(std::uint64_t value, int size) {
  std::string out;
  for (int i = 0; i < size; ++i, value >>= 8) out += static_cast<char>(value);
  return out;
}

// --- ZIP (APPNOTE.TXT 4.3)

struct Member {
  std::string name = "a.txt";
  unsigned local_flags = 0, flags = 0, method = 0;
  std::string extra = {};
  std::string data = "hello";
};

std::string Zip(const std::vector<Member>& members, const std::string& before = "") {
  std::string out = before, directory;
  for (const Member& m : members) {
    const std::string common = Little(m.method, 2) + Little(0, 4) + Little(0, 4) +
                               Little(m.data.size(), 4) + Little(m.data.size(), 4) +
                               Little(m.name.size(), 2);
    directory += "PK\x01\x02" + Little(20, 2) + Little(20, 2) + Little(m.flags, 2) + common +
                 Little(m.extra.size(), 2) + Little(0, 2) + Little(0, 8) +
                 Little(out.size() - before.size(), 4) + m.name + m.extra;
    out += "PK\x03\x04" + Little(20, 2) + Little(m.local_flags, 2) + common + Little(0, 2) +
           m.name + m.data;
  }
  const std::size_t offset = out.size() - before.size();
  return out + directory + "PK\x05\x06" + Little(0, 4) + Little(members.size(), 2) +
         Little(members.size(), 2) + Little(directory.size(), 4) + Little(offset, 4) + Little(0, 2);
}

TEST(Encryption, OfZipIsAnyMembers) {
  EXPECT_EQ(EncryptionOf(Zip({{}})), Encryption::kNone);
  EXPECT_EQ(EncryptionOf(Zip({})), Encryption::kNone);
  EXPECT_EQ(EncryptionOf(Zip({{}, {.local_flags = 1, .flags = 1}})), Encryption::kEncrypted);
  EXPECT_EQ(EncryptionOf(Zip({{}, {.flags = 1}})), Encryption::kEncrypted) << "directory alone";
  EXPECT_EQ(EncryptionOf(Zip({{}, {.local_flags = 1}})), Encryption::kEncrypted) << "member alone";
  EXPECT_EQ(EncryptionOf(Zip({{.local_flags = 8, .flags = 8, .data = ""}})), Encryption::kNone)
      << "sizes behind the data";
}

TEST(Encryption, OfZipKnowsAeAndStrongFields) {
  const std::string ae = Little(0x9901, 2) + Little(7, 2) + "\x02\0AE\x03\x08\0"s;
  EXPECT_EQ(EncryptionOf(Zip({{.extra = ae}})), Encryption::kEncrypted);
  EXPECT_EQ(EncryptionOf(Zip({{.method = 99}})), Encryption::kEncrypted);
  const std::string time = Little(0x5455, 2) + Little(5, 2) + "\x01\0\0\0\0"s;
  EXPECT_EQ(EncryptionOf(Zip({{.extra = time}})), Encryption::kNone);
  EXPECT_EQ(EncryptionOf(Zip({{.extra = time + Little(0x17, 2) + Little(0, 2)}})),
            Encryption::kEncrypted);
  // Its directory is encrypted, too.
  EXPECT_EQ(EncryptionOf(Zip({{.flags = 1u << 13}})), Encryption::kEncrypted);
}

TEST(Encryption, OfZipWithoutDirectoryIsWhatItsMembersSay) {
  const std::string plain = Zip({{}, {}}), sealed = Zip({{}, {.local_flags = 1, .flags = 1}});
  EXPECT_EQ(EncryptionOf(plain.substr(0, plain.size() - 1)), Encryption::kUnknown);
  EXPECT_EQ(EncryptionOf(plain.substr(0, 40)), Encryption::kUnknown);
  EXPECT_EQ(EncryptionOf(sealed.substr(0, sealed.size() - 100)), Encryption::kEncrypted);
  EXPECT_EQ(EncryptionOf("PK\x03\x04"), Encryption::kUnknown);
}

TEST(Encryption, OfZipThatHidesItIsUnknown) {
  EXPECT_EQ(EncryptionOf(Zip({{.name = "mimetype"}, {}})), Encryption::kUnknown);
  std::string more = Zip({{}, {}});  // its end tells of one member, of two
  more[more.size() - 12] = 1;
  EXPECT_EQ(EncryptionOf(more), Encryption::kUnknown);
  more[more.size() - 12] = 3;
  EXPECT_EQ(EncryptionOf(more), Encryption::kUnknown);
  std::string far = Zip({{}});
  far[far.size() - 4] = '\x7F';  // the directory's offset
  EXPECT_EQ(EncryptionOf(far), Encryption::kUnknown);
}

TEST(Encryption, OfZipReadsZip64) {
  const std::string old = Zip({{.flags = 1}});
  const std::size_t end = old.size() - 22;
  const std::size_t size = 46 + 5, offset = end - size;
  const auto large = [&](std::uint64_t entries) {
    return old.substr(0, end) + "PK\x06\x06" + Little(44, 8) + Little(0, 12) + Little(1, 8) +
           Little(entries, 8) + Little(size, 8) + Little(offset, 8) + "PK\x06\x07" + Little(0, 4) +
           Little(end, 8) + Little(1, 4) + "PK\x05\x06" + Little(0, 4) + Little(0xFFFF, 2) +
           Little(0xFFFF, 2) + Little(0xFFFFFFFF, 4) + Little(0xFFFFFFFF, 4) + Little(0, 2);
  };
  EXPECT_EQ(EncryptionOf(large(1)), Encryption::kEncrypted);
  EXPECT_EQ(EncryptionOf(large(~0ull)), Encryption::kUnknown);
  std::string cut = large(1);
  cut.erase(end, 8);  // the record is not where the locator says
  EXPECT_EQ(EncryptionOf(cut), Encryption::kUnknown);
}

// --- 7z (7zFormat.txt)

std::string SevenZip(const std::string& header) {
  return "7z\xBC\xAF\x27\x1C"s + "\0\x04"s + Little(0, 4) + Little(0, 8) +
         Little(header.size(), 8) + Little(0, 4) + header;
}

const std::string kLzma = "\x01\x23\x03\x01\x01\x05]\0\0\x10\0"s;
// AES behind LZMA, bound to each other.
const std::string kAes =
    "\x02\x24\x06\xF1\x07\x01\x02\x13\x0F\x23\x03\x01\x01\x05]\0\0\x10\0\x01\0"s;

std::string Streams(const std::string& folders, int count) {
  return "\x06\0\x01\x09\x05\0"s + "\x07\x0B"s + static_cast<char>(count) + "\0"s + folders +
         "\x0C\x05\0\0"s;
}

TEST(Encryption, Of7zIsAnyCoders) {
  EXPECT_EQ(EncryptionOf(SevenZip("")), Encryption::kNone) << "empty";
  EXPECT_EQ(EncryptionOf(SevenZip("\x01\x04" + Streams(kLzma, 1))), Encryption::kNone);
  EXPECT_EQ(EncryptionOf(SevenZip("\x01\x04" + Streams(kAes, 1))), Encryption::kEncrypted);
  EXPECT_EQ(EncryptionOf(SevenZip("\x01\x04" + Streams(kLzma + kAes, 2))), Encryption::kEncrypted);
  EXPECT_EQ(EncryptionOf(SevenZip("\x01\x05\0\0"s)), Encryption::kNone) << "empty files";
  EXPECT_EQ(EncryptionOf(SevenZip("\x17" + Streams(kAes, 1))), Encryption::kEncrypted);
  EXPECT_EQ(EncryptionOf(SevenZip("\x17" + Streams(kLzma, 1))), Encryption::kUnknown)
      << "a packed header hides the coders of the members";
}

TEST(Encryption, Of7zHostileCountsAreUnknown) {
  const std::string huge = "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s;
  for (const std::string& header :
       {"\x01\x04\x06\0"s + huge + "\x09" + huge, "\x01\x04\x06\0"s + huge + "\x0A\x01",
        "\x01\x04\x06\0"s + huge + "\x0A\0"s, "\x01\x04\x07\x0B" + huge + "\0"s + kLzma,
        "\x01\x04\x07\x0B\x01\0"s + huge, "\x01\x04\x07\x0B\x01\0\x01\x10\x03"s + huge + huge,
        "\x01\x04\x07\x0B\x01\0\x01\x21\x03"s + huge, "\x01\x04\x06\0\x01\x55"s + huge,
        "\x01\x02\x01"s + huge, "\x01\x03"s, "\x99"s}) {
    EXPECT_EQ(EncryptionOf(SevenZip(header)), Encryption::kUnknown)
        << testing::PrintToString(header);
  }
  std::string far = SevenZip("\x01\x04" + Streams(kAes, 1));
  far.replace(12, 8, Little(~0ull - 10, 8));  // the header begins behind the end
  EXPECT_EQ(EncryptionOf(far), Encryption::kUnknown);
}

// --- RAR

std::string Block(unsigned type, unsigned flags, const std::string& more) {
  return Little(0, 2) + Little(type, 1) + Little(flags, 2) + Little(7 + more.size(), 2) + more;
}

std::string File4(unsigned flags, const std::string& data, std::uint64_t high = 0) {
  return Block(0x74, flags | 0x8000,
               Little(data.size(), 4) + std::string(21, '\0') +
                   ((flags & 0x100) != 0 ? Little(high, 4) + Little(0, 4) : "") + "a.txt") +
         data;
}

const std::string kRar4 = "Rar!\x1A\x07\0"s;

TEST(Encryption, OfRar4IsHeadersOrAnyMember) {
  const std::string main = Block(0x73, 0, std::string(6, '\0')), end = Block(0x7B, 0x4000, "");
  EXPECT_EQ(EncryptionOf(kRar4 + main + File4(0, "hello") + end), Encryption::kNone);
  EXPECT_EQ(EncryptionOf(kRar4 + main + File4(0, "hello")), Encryption::kNone) << "before RAR 3";
  EXPECT_EQ(EncryptionOf(kRar4 + main + File4(0, "hello") + File4(4, "x") + end),
            Encryption::kEncrypted);
  EXPECT_EQ(EncryptionOf(kRar4 + Block(0x73, 0x80, std::string(6, '\0')) + "noise"),
            Encryption::kEncrypted);
  EXPECT_EQ(EncryptionOf(kRar4 + main + File4(0x100, "hello") + File4(4, "x")),
            Encryption::kEncrypted);
}

TEST(Encryption, OfRar4DamagedIsUnknown) {
  const std::string main = Block(0x73, 0, std::string(6, '\0'));
  EXPECT_EQ(EncryptionOf(kRar4), Encryption::kUnknown);
  EXPECT_EQ(EncryptionOf(kRar4 + "\0\0\x73\0\0\0\0"s), Encryption::kUnknown) << "size 0";
  EXPECT_EQ(EncryptionOf(kRar4 + main + File4(0, "hello").substr(0, 30)), Encryption::kUnknown);
  EXPECT_EQ(EncryptionOf(kRar4 + main + File4(0x100, "hello", ~0u) + File4(4, "x")),
            Encryption::kUnknown)
      << "behind more bytes than there are";
}

std::string Header5(const std::string& body) {
  return Little(0, 4) + static_cast<char>(body.size()) + body;
}

const std::string kRar5 = "Rar!\x1A\x07\x01\0"s;

TEST(Encryption, OfRar5IsItsRecords) {
  const std::string main = Header5("\x01\0\0"s), end = Header5("\x05\0\0"s);
  const std::string plain = Header5("\x02\x02\x05\0\0"s) + "hello";
  const std::string sealed = Header5("\x02\x03\x04\x05\0\x03\x01\0\0"s) + "hello";
  EXPECT_EQ(EncryptionOf(kRar5 + main + plain + end), Encryption::kNone);
  EXPECT_EQ(EncryptionOf(kRar5 + main + plain + sealed + end), Encryption::kEncrypted);
  EXPECT_EQ(EncryptionOf(kRar5 + Header5("\x04\0\0\0"s) + "noise"), Encryption::kEncrypted);
}

TEST(Encryption, OfRar5DamagedIsUnknown) {
  const std::string main = Header5("\x01\0\0"s);
  EXPECT_EQ(EncryptionOf(kRar5 + main), Encryption::kUnknown) << "no end";
  EXPECT_EQ(EncryptionOf(kRar5 + Header5("\x02\x01\x70\0"s)), Encryption::kUnknown) << "extra area";
  EXPECT_EQ(EncryptionOf(kRar5 + Little(0, 4) + std::string(12, '\xFF')), Encryption::kUnknown);
  EXPECT_EQ(
      EncryptionOf(kRar5 + Header5("\x02\x02\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01"s) + main),
      Encryption::kUnknown)
      << "behind more bytes than there are";
}

// --- PDF

std::string Pdf(const std::string& trailer) {
  const std::string body = "%PDF-1.7\n1 0 obj\n<< /Note (/Encrypt 1 0 R) >>\nendobj\n";
  return body + trailer + "\nstartxref\n" + std::to_string(body.size()) + "\n%%EOF\n";
}

TEST(Encryption, OfPdfIsTheLastTrailers) {
  const std::string table = "xref\n0 1\n0000000000 65535 f \ntrailer\n";
  EXPECT_EQ(EncryptionOf(Pdf(table + "<< /Root 1 0 R >>")), Encryption::kNone);
  EXPECT_EQ(EncryptionOf(Pdf(table + "<< /Root 1 0 R /Encrypt 5 0 R >>")), Encryption::kEncrypted);
  EXPECT_EQ(EncryptionOf(Pdf(table + "<< /ID [<0a><0b>]/Encrypt<</V 4>> >>")),
            Encryption::kEncrypted);
  EXPECT_EQ(EncryptionOf(Pdf(table + "<< /EncryptMetadata true >>")), Encryption::kNone);
  EXPECT_EQ(EncryptionOf(Pdf(table + "<< /Encrypt null >>")), Encryption::kNone);
  EXPECT_EQ(EncryptionOf(Pdf("7 0 obj\n<< /Type /XRef /Encrypt 5 0 R >>\nstream")),
            Encryption::kEncrypted);
  EXPECT_EQ(EncryptionOf(Pdf("7 0 obj\n<< /Type /XRef >>\nstream")), Encryption::kNone);
}

TEST(Encryption, OfPdfDamagedIsUnknown) {
  EXPECT_EQ(EncryptionOf("%PDF-1.7\n<< /Root 1 0 R >>\n"), Encryption::kUnknown);
  EXPECT_EQ(EncryptionOf("%PDF-1.7\ntrailer\n<< /Root 1 0 R >>\n"), Encryption::kUnknown);
  EXPECT_EQ(EncryptionOf("%PDF-1.7\ntrailer\n<< /Encrypt 5 0 R >>\n"), Encryption::kEncrypted);
  EXPECT_EQ(EncryptionOf("%PDF-1.7\nstartxref\n99999999999999999999999\n%%EOF"),
            Encryption::kUnknown);
  EXPECT_EQ(EncryptionOf("%PDF-1.7\nstartxref"), Encryption::kUnknown);
  EXPECT_EQ(EncryptionOf(Pdf("xref\ntrailer\n<< /Root 1 0 R /#45ncrypt 5 0 R >>")),
            Encryption::kUnknown);
  EXPECT_EQ(EncryptionOf(Pdf("xref\ntrailer\n<< /Root << /A 1 >> ")), Encryption::kUnknown);
}

// --- Office in a compound file ([MS-CFB])

std::string Compound(std::string_view name, std::uint32_t next = 0xFFFFFFFE) {
  std::string header = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"s + std::string(16, '\0') +
                       Little(0x3E, 2) + Little(3, 2) + Little(0xFFFE, 2) + Little(9, 2) +
                       Little(6, 2) + std::string(14, '\0') + Little(1, 4) + std::string(16, '\0') +
                       Little(0xFFFFFFFE, 4) + Little(0, 4) + Little(0, 4);
  header.resize(512, '\xFF');
  std::string table = Little(0xFFFFFFFD, 4) + Little(next, 4);
  table.resize(512, '\xFF');
  std::string directory(512, '\0');
  for (std::size_t i = 0; i < name.size(); ++i) directory[256 + 2 * i] = name[i];
  return header + table + directory;
}

TEST(Encryption, OfOfficeIsThePackage) {
  EXPECT_EQ(EncryptionOf(Compound("EncryptedPackage")), Encryption::kEncrypted);
  EXPECT_EQ(EncryptionOf(Compound("EncryptedPackages")), Encryption::kUnknown);
  EXPECT_EQ(EncryptionOf(Compound("WordDocument")), Encryption::kUnknown)
      << "older documents have ciphers of their own";
  EXPECT_EQ(EncryptionOf(Compound("WordDocument", 1)), Encryption::kUnknown) << "a circle";
  EXPECT_EQ(EncryptionOf(Compound("WordDocument", 7)), Encryption::kUnknown) << "behind the end";
}

// --- Any of them

TEST(Encryption, OfAnythingElseIsNotAsked) {
  for (const std::string& text : {""s, "P"s, "hello"s, "7z"s, "Rar!"s, "MZ\x90"s}) {
    EXPECT_EQ(EncryptionOf(text), Encryption::kNotAsked) << text;
  }
}

TEST(Encryption, OfAFileThatIsCutOffIsNeverNone) {
  const std::string table = "xref\n0 0\ntrailer\n";
  for (const std::string& whole :
       {Zip({{}, {}}), SevenZip("\x01\x04" + Streams(kLzma, 1)),
        kRar5 + Header5("\x01\0\0"s) + Header5("\x05\0\0"s), Pdf(table + "<< /Root 1 0 R >>")}) {
    ASSERT_EQ(EncryptionOf(whole), Encryption::kNone);
    // White space and the mark at the end of a PDF may be missing.
    for (std::size_t size = 0; size + 8 < whole.size(); ++size) {
      EXPECT_NE(EncryptionOf(whole.substr(0, size)), Encryption::kNone) << size;
    }
  }
}

TEST(Encryption, TimeIsLinear) {
  const std::clock_t begin = std::clock();  // of the processor: other work does not count
  const std::string fields(60'000, '\0');
  std::string many;
  while (many.size() < 2u << 20) many += "trailer<<";
  EXPECT_EQ(EncryptionOf("%PDF-1.7\n" + many), Encryption::kUnknown);
  std::string ends = "PK\x03\x04" + std::string(26, '\0');
  while (ends.size() < 2u << 20) ends += "PK\x05\x06";
  EXPECT_EQ(EncryptionOf(ends), Encryption::kUnknown);
  std::vector<Member> members(50'000);
  members[0].data = "PK\x03\x04" + fields;
  EXPECT_EQ(EncryptionOf(Zip(members)), Encryption::kNone);
  EXPECT_LT(std::clock() - begin, 10 * CLOCKS_PER_SEC);
}

}  // namespace
}  // namespace warifu::extract
