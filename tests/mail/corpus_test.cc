// What other projects' test mails say that they hold, against what warifu reads in them.
//
// Each unit (a decoded part, a file name, a subject) agrees or is listed, with its reason, in the
// table of known differences; a difference that is not in the table fails the test.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <nlohmann/json.hpp>

#include "base/normalise.h"
#include "mail/ascii.h"
#include "mail/charset.h"
#include "mail/message.h"
#include "mail/transfer.h"
#include "shared_data.h"

namespace warifu::mail {
namespace {

using test::FilesBelow;
using test::ReadFile;
using test::SharedData;

// Line ends to LF, none at the end: sets differ in how they keep them.
std::string Plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    out += text[i];
  }
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

class Tally {
 public:
  Tally(std::string name, std::map<std::string, std::string> known)
      : name_(std::move(name)), known_(std::move(known)) {}

  void Check(const std::string& unit, const std::string& ours, const std::string& theirs) {
    ++units_;
    if (ours == theirs) {
      ++agree_;
      return;
    }
    const auto it =
        std::ranges::find_if(known_, [&](const auto& k) { return unit.starts_with(k.first); });
    if (it != known_.end()) {
      seen_[it->first].push_back(unit);
      return;
    }
    ADD_FAILURE() << name_ << " " << unit
                  << "\n  ours:   " << testing::PrintToString(ours.substr(0, 300))
                  << "\n  theirs: " << testing::PrintToString(theirs.substr(0, 300));
  }

  int units() const { return units_; }
  int agree() const { return agree_; }

  // Prints the count and the differences, and fails for a known one that is gone.
  void Report() const {
    std::printf("%s: %d of %d agree (%.1f %%)\n", name_.c_str(), agree_, units_,
                units_ == 0 ? 0.0 : 100.0 * agree_ / units_);
    for (const auto& [key, units] : seen_) {
      for (const std::string& unit : units) {
        std::printf("  differs: %s: %s\n", unit.c_str(), known_.at(key).c_str());
      }
    }
    EXPECT_GT(units_, 0);
    for (const auto& [key, reason] : known_) {
      EXPECT_TRUE(seen_.contains(key)) << name_ << " " << key << " does not differ any more";
    }
  }

 private:
  std::string name_;
  std::map<std::string, std::string> known_;
  std::map<std::string, std::vector<std::string>> seen_;
  int units_ = 0, agree_ = 0;
};

// Leaves of the MIME structure: without the texts outside of all parts and the raw doubles.
std::vector<const Part*> Leaves(const Message& m) {
  std::vector<const Part*> out;
  for (const Part& p : m.parts) {
    const bool outside = p.number.ends_with("preamble") || p.number.ends_with("epilogue") ||
                         p.number.ends_with("head") || p.number.ends_with("mime") ||
                         p.number.ends_with(".raw") || p.number.find(".uu") != std::string::npos;
    // An encoded mail is a leaf with its bytes, and its own leaves follow.
    const bool walked = p.type == "message/rfc822";
    if (!outside && !walked) out.push_back(&p);
  }
  return out;
}

const std::map<std::string, std::string> kJamesDiffers = {
    {"badbound leaves",
     "a multipart whose boundary never comes: they see no part, we scan its text"},
    {"missing-boundary leaves", "the same"},
    {"missing-inner-boundary leaves", "the same"},
    {"malformedHeaderStartsBody-noheader 1", "a mail without head: they lose its second line"},
    {"malformedHeader-noheader 1", "a mail without head: they see none of it"},
    {"malformedHeaderStartsBody-nocrlfcrlf 1",
     "a line in the head is no field: both readings are scanned, and it is a fault"},
};

Tally JamesMime4j() {
  Tally tally("james-mime4j", kJamesDiffers);
  for (const auto& path : FilesBelow(SharedData("james-mime4j/data"))) {
    if (path.extension() != ".msg") continue;
    std::filesystem::path xml = path;
    xml.replace_filename(path.stem().string() + "_decoded.xml");
    if (!std::filesystem::exists(xml)) continue;
    std::vector<std::string> bodies;
    const std::string events = ReadFile(xml);
    for (std::size_t at = events.find("-body name=\""); at != std::string::npos;
         at = events.find("-body name=\"", at + 1)) {
      const std::size_t begin = at + 12, end = events.find('"', begin);
      bodies.push_back(ReadFile(xml.parent_path() / events.substr(begin, end - begin)));
    }
    const Message m = Parse(ReadFile(path), {});
    const std::vector<const Part*> leaves = Leaves(m);
    const std::string stem = path.stem().string();
    tally.Check(stem + " leaves", std::to_string(leaves.size()), std::to_string(bodies.size()));
    for (std::size_t i = 0; i < std::min(leaves.size(), bodies.size()); ++i) {
      tally.Check(stem + " " + leaves[i]->number, Plain(leaves[i]->content), Plain(bodies[i]));
    }
  }
  return tally;
}

struct Expected {
  std::string kind, content, name, type;
};

void Collect(const nlohmann::json& message, std::vector<Expected>* out) {
  const auto& parts = message.at("parts");
  const std::function<void(std::size_t)> walk = [&](std::size_t index) {
    const auto& part = parts.at(index);
    const auto& body = part.at("body");
    if (body.contains("Multipart")) {
      for (const auto& child : body["Multipart"]) walk(child.get<std::size_t>());
      return;
    }
    if (body.contains("Message")) return Collect(body["Message"], out);
    Expected leaf;
    leaf.kind = body.begin().key();
    if (body.begin().value().is_string()) {
      leaf.content = body.begin().value().get<std::string>();
    } else {
      for (const auto& byte : body.begin().value())
        leaf.content += static_cast<char>(byte.get<int>());
    }
    for (const char* header : {"content_disposition", "content_type"}) {
      for (const auto& h : part.at("headers")) {
        if (h["name"] != header || !h["value"].contains("ContentType")) continue;
        if (h["name"] == "content_type" && h["value"]["ContentType"]["c_subtype"].is_string()) {
          leaf.type = h["value"]["ContentType"]["c_type"].get<std::string>() + "/" +
                      h["value"]["ContentType"]["c_subtype"].get<std::string>();
        }
        const auto& attributes = h["value"]["ContentType"]["attributes"];
        if (!attributes.is_array()) continue;
        for (const auto& a : attributes) {
          const std::string name = a["name"].get<std::string>();
          if ((name == "filename" || name == "name") && leaf.name.empty()) {
            leaf.name = a["value"].get<std::string>();
          }
        }
      }
    }
    out->push_back(std::move(leaf));
  };
  if (!parts.empty()) walk(0);
}

constexpr const char* kRawBytes = "raw bytes of windows-1252: they replace them, we read them";
constexpr const char* kUuencode = "uuencode: they leave it, we undo it";
constexpr const char* kOuter = "they read on over the delimiter of an outer multipart";

const std::map<std::string, std::string> kStalwartDiffers = {
    {"legacy/010 subject", kRawBytes},
    {"legacy/016 3 name", kRawBytes},
    {"legacy/020 subject", kRawBytes},
    {"legacy/022 subject", kRawBytes},
    {"legacy/023 4 name", kRawBytes},
    {"legacy/027 subject", kRawBytes},
    {"legacy/052 subject", kRawBytes},
    {"legacy/052 1", kRawBytes},
    {"legacy/017 2", kUuencode},
    {"legacy/017 3", kUuencode},
    {"legacy/026 2", kUuencode},
    {"legacy/048 ", kUuencode},
    {"legacy/049 1", "a bare CR at the end: they drop it"},
    {"malformed/000 leaves", "parts without any line in them: they count none"},
    {"malformed/002 1 type", "a multipart whose boundary never comes is text to us; a fault"},
    {"malformed/001 2", "a delimiter of an inner multipart behind the end of that: text to us"},
    {"malformed/004 1", "\"--ab\" for boundary \"a\": a delimiter to them; a fault to us"},
    {"malformed/007 leaves", "an empty head that a delimiter ends: they count one part more"},
    {"malformed/009 leaves", kOuter},
    {"malformed/011 leaves", kOuter},
    {"malformed/012 leaves", kOuter},
    {"malformed/013 leaves", "a delimiter at the very end begins an empty part to us"},
    {"malformed/014 leaves", "a delimiter at the very end begins an empty part to us"},
    {"malformed/016 leaves", "boundaries of more than 70 bytes: they compare the first 70"},
    {"malformed/017 1 name", "a parameter behind a missing value: we read it"},
    {"malformed/019 5.2", "a head that never ends: they drop its lines, we scan them"},
    {"malformed/020 leaves", "two Content-Type fields: they take the last, we the first; a fault"},
    {"malformed/021 leaves", "two Content-Type fields: they take the last, we the first; a fault"},
    {"malformed/022 2.1 ", "an attached mail that is none: its text is 2.1, its name at 2"},
    {"rfc/000 3", "no base64 behind the label: they show the raw text; we scan both; a fault"},
    {"thirdparty/002 3",
     "no base64 behind the label: they show the raw text; we scan both; a fault"},
    {"thirdparty/005 5", "a delimiter in the midst of a line is none to us"},
    {"thirdparty/015 leaves", "pieces of delivery reports without their bodies"},
};

Tally StalwartMailParser() {
  Tally tally("stalwart-mail-parser", kStalwartDiffers);
  const auto root = SharedData("stalwart-mail-parser/data/eml");
  for (const auto& path : FilesBelow(root)) {
    if (path.extension() != ".eml") continue;
    std::filesystem::path json_path = path;
    json_path.replace_extension(".json");
    if (!std::filesystem::exists(json_path)) continue;
    const auto expected = nlohmann::json::parse(ReadFile(json_path));
    const std::string id = path.lexically_relative(root).replace_extension("").string();
    const Message m = Parse(ReadFile(path), {});
    for (const auto& h : expected.at("parts").at(0).at("headers")) {
      if (h["name"] != "subject" || !h["value"].contains("Text")) continue;
      const auto subjects = m.Fields("Subject");
      tally.Check(id + " subject", subjects.empty() ? "" : DecodeHeader(subjects.back()),
                  h["value"]["Text"].get<std::string>());
    }
    std::vector<Expected> theirs;
    Collect(expected, &theirs);
    const std::vector<const Part*> leaves = Leaves(m);
    tally.Check(id + " leaves", std::to_string(leaves.size()), std::to_string(theirs.size()));
    if (leaves.size() != theirs.size()) continue;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      const Part& part = *leaves[i];
      const bool text = theirs[i].kind == "Text" || theirs[i].kind == "Html";
      if (!theirs[i].type.empty())
        tally.Check(id + " " + part.number + " type", part.type, LowerAscii(theirs[i].type));
      tally.Check(id + " " + part.number,
                  Plain(text ? DecodeCharset(part.content, part.charset).text : part.content),
                  Plain(theirs[i].content));
      if (!theirs[i].name.empty() || !part.name.empty()) {
        tally.Check(id + " " + part.number + " name", part.name, theirs[i].name);
      }
    }
  }
  return tally;
}

const std::map<std::string, std::string> kPythonDiffers = {
    {"hz", "the C library has no converter for HZ: fault unknown-charset"},
    {"euc_kr", "Hangul composed by filler sequences of 8 bytes: only Python joins them"},
};

Tally PythonCjkEncodings() {
  Tally tally("python-email cjkencodings", kPythonDiffers);
  for (const auto& path : FilesBelow(SharedData("python-email/data/cjkencodings"))) {
    const std::string stem = path.stem().string();
    if (stem.ends_with("-utf8") || path.extension() != ".txt") continue;
    const std::string theirs = ReadFile(path.parent_path() / (stem + "-utf8.txt"));
    // The label as it stands in mail.
    std::string label = stem;
    if (label.starts_with("iso2022")) label.insert(3, "-").replace(8, 1, "-");
    if (label.starts_with("euc_")) label[3] = '-';
    tally.Check(stem, DecodeCharset(ReadFile(path), label).text, theirs);
  }
  return tally;
}

Tally GmimeFilters() {
  const auto root = SharedData("gmime/data/filters");
  Tally tally("gmime filters",
              {{"chinese.big5.txt", "their Big5 file lacks characters that Big5 does not have"}});
  const auto charset = [&](const char* file, const char* label, const char* utf8) {
    tally.Check(file, Plain(DecodeCharset(ReadFile(root / file), label).text),
                Plain(ReadFile(root / utf8)));
  };
  charset("japanese.iso-2022-jp.txt", "iso-2022-jp", "japanese.utf-8.txt");
  charset("japanese.iso-2022-jp.txt", "", "japanese.utf-8.txt");
  charset("japanese.iso-2022-jp.txt", "us-ascii", "japanese.utf-8.txt");
  charset("japanese.shift-jis.txt", "shift_jis", "japanese.utf-8.txt");
  charset("japanese.shift-jis.txt", "", "japanese.utf-8.txt");
  charset("japanese.shift-jis.txt", "iso-8859-1", "japanese.utf-8.txt");
  charset("japanese.utf-8.txt", "", "japanese.utf-8.txt");
  charset("cyrillic.koi8-r.txt", "koi8-r", "cyrillic.utf-8.txt");
  charset("cyrillic.cp1251.txt", "windows-1251", "cyrillic.utf-8.txt");
  charset("cyrillic.iso-8859-5.txt", "iso-8859-5", "cyrillic.utf-8.txt");
  charset("chinese.big5.txt", "big5", "chinese.utf-8.txt");
  const auto qp = DecodeTransfer(ReadFile(root.parent_path() / "encodings/wikipedia.qp"),
                                 Transfer::kQuotedPrintable);
  tally.Check("wikipedia.qp", Plain(qp.content),
              Plain(ReadFile(root.parent_path() / "encodings/wikipedia.txt")));
  return tally;
}

TEST(Corpus, ExpectedDecodings) {
  SKIP_WITHOUT_SHARED_DATA("stalwart-mail-parser/data");
  int units = 0, agree = 0;
  for (const Tally& tally :
       {JamesMime4j(), StalwartMailParser(), PythonCjkEncodings(), GmimeFilters()}) {
    tally.Report();
    units += tally.units();
    agree += tally.agree();
  }
  std::printf("all sets: %d of %d agree (%.1f %%)\n", agree, units, 100.0 * agree / units);
  EXPECT_GE(agree * 100, units * 95);
}

}  // namespace
}  // namespace warifu::mail
