// Redaction over the mail of other projects' tests: a secret is planted in each text part. What is
// masked is that secret, and not one other byte of the mail is another; nothing is found in it any
// more. Where a part is left as it is, the reason is one that is listed here.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>
#include <optional>
#include <set>

#include "../mail/shared_data.h"
#include "app/content.h"
#include "app/edits.h"
#include "gateway.h"
#include "mail/ascii.h"
#include "mail/charset.h"
#include "mail/iso2022jp.h"
#include "mail/transfer.h"

namespace warifu::app {
namespace {

using mail::Part;
using mail::Transfer;

// What is planted, and what shall stand there in the end.
struct Secret {
  std::string_view value, masked;
};
constexpr Secret kAscii = {"Xk29vmQ1", "********"};
constexpr Secret kKana = {"ひみつノ合言葉", "＊＊＊＊＊＊＊"};

enum class Spot { kBegin, kMiddle, kEnd };

// Why a part may be left as it is.
const std::set<std::string_view> kRefusals = {
    "the mail is signed",
    "the mail is encrypted",
    "charset utf-7 is not written",
};

// Sets of mail, and every which of their files is read.
struct Set {
  const char* name;
  std::size_t step;
};
constexpr Set kSets[] = {
    {"jpmobile-mail", 1},
    {"ruby-mail", 1},
    {"redmine-mailhandler", 1},
    {"enmime", 1},
    {"gmime", 1},
    {"james-mime4j", 2},
    {"mimekit", 2},
    {"horde-mime", 1},
    {"kmime", 1},
    {"python-email", 1},
    {"cyrus-mime", 1},
    {"stalwart-mail-parser", 2},
    {"bounceparser", 2},
    {"notmuch-corpora", 2},
    {"sisimai-bounces", 4},
    {"spamassassin-publiccorpus", 16},
};

std::string WithCrlf(std::string_view raw) {
  std::string out;
  for (const char c : raw) {
    if (c == '\n' && !out.ends_with('\r')) out += '\r';
    out += c;
  }
  return out;
}

bool IsMail(const mail::Message& message) {
  static const std::set<std::string_view> kNames = {"From", "Date", "Subject", "Received", "To"};
  return std::ranges::any_of(message.fields,
                             [](const auto& field) { return kNames.contains(field.name); });
}

// Whether the end of `html` lies inside of a tag that is not closed: nobody is shown it.
bool EndsInTag(std::string_view html) {
  const std::size_t open = html.rfind('<'), closed = html.rfind('>');
  return open != html.npos && (closed == html.npos || closed < open);
}

// A text part of the mail itself; not a head of a part that is none, nor another reading of one.
bool IsText(const Part& part) {
  const bool leaf = part.number.find_first_not_of("0123456789.") == std::string::npos;
  const bool html = part.type == "text/html";
  if (!leaf || part.raw.empty() || part.content.empty()) return false;
  // An enclosed mail that says nothing of its text may be a head alone.
  if (part.number.contains('.') && part.encoding.empty() && part.charset.empty()) return false;
  if (part.charset.starts_with("utf-16")) return false;
  return html ? !EndsInTag(part.content) : part.type == "text/plain";
}

bool IsJapanese(const Part& part) {
  return !part.charset.empty() && mail::EncodeCharset("あ", part.charset_used).has_value();
}

// Where a line begins, in ASCII.
std::size_t LineAt(std::string_view text, Transfer encoding, Spot spot) {
  if (spot != Spot::kMiddle) return spot == Spot::kBegin ? 0 : text.size();
  for (std::size_t at = text.size() / 2; (at = text.find('\n', at)) != text.npos; ++at) {
    const std::string_view line = mail::Trim(text.substr(0, at));
    const bool soft = encoding == Transfer::kQuotedPrintable && line.ends_with('=');
    if (!soft && mail::JisShiftAt(text, at + 1).empty()) return at + 1;
  }
  return 0;
}

// The end of what a reader sees.
std::size_t EndOfHtml(std::string_view html) {
  const std::string lower = mail::LowerAscii(html);
  for (const std::string_view tag : {"</body", "</html"}) {
    if (const std::size_t at = lower.rfind(tag); at != lower.npos) return at;
  }
  return html.size();
}

std::string Hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) out += mail::QuotedByte(c);
  return out;
}

// The mail with `value` in that part; nothing where it cannot be put there.
std::optional<std::string> Plant(const std::string& raw, const Part& part, std::string_view value,
                                 Spot spot) {
  const Transfer encoding = mail::TransferOf(part.encoding);
  const auto bytes = mail::EncodeCharset(value, part.charset_used);
  if (!bytes || encoding == Transfer::kUu || encoding == Transfer::kUnknown) return {};
  const bool html = part.type == "text/html";
  const bool quoted = encoding == Transfer::kQuotedPrintable;
  const std::string text = (html ? "<p>redact: " : "redact: ") + (quoted ? Hex(*bytes) : *bytes) +
                           (html ? "</p>\r\n" : "\r\n");
  std::string into =
      encoding == Transfer::kBase64 ? part.content : raw.substr(part.raw.begin, part.raw.size());
  into.insert(html ? EndOfHtml(into) : LineAt(into, encoding, spot), text);
  if (encoding == Transfer::kBase64) into = mail::EncodeTransfer(into, encoding);
  return std::string(raw).replace(part.raw.begin, part.raw.size(), into);
}

class RedactCorpus : public testing::Test {
 protected:
  Content Inspect(std::string_view raw) {
    return InspectContent(snapshot_, mail::Parse(raw, snapshot_.settings.limits), budget_);
  }

  // `wanted`: the mail with the secret masked in it.
  void Check(const std::string& raw, const std::string& wanted) {
    ++planted_;
    const Content content = Inspect(raw);
    const EditPlan plan = PlanEdits(content, snapshot_.settings, true, budget_);
    std::vector<std::size_t> chosen;
    for (std::size_t i = 0; i < content.findings.size(); ++i) {
      if (content.findings[i].rule != "redact-value") continue;
      if (!plan.facts[i].possible) return Refused(plan.facts[i].why_not);
      chosen.push_back(i);
    }
    ASSERT_FALSE(chosen.empty()) << "it is not found";
    const auto edited = Edit(snapshot_, raw, content, plan, chosen, budget_);
    if (!edited) return Refused(edited.error().text);
    EXPECT_TRUE(edited->changed_fields.empty());
    const std::string after = raw.substr(0, content.message.body_begin) + edited->body;
    EXPECT_EQ(after, wanted);
    for (const std::string& found : SecretsOf(Inspect(after))) {
      EXPECT_TRUE(found != kAscii.value && found != kKana.value) << found;
    }
    ++masked_;
  }

  void Refused(const std::string& why) {
    EXPECT_TRUE(kRefusals.contains(why)) << why;
    ++refused_[why];
  }

  void CheckMail(const std::string& raw) {
    const mail::Message message = Inspect(raw).message;
    if (!IsMail(message)) return;
    for (const Part& part : message.parts) {
      if (!IsText(part)) continue;
      const Spot spot = static_cast<Spot>(spots_++ % 3);
      SCOPED_TRACE("part " + part.number + ", " + part.type + " in " + part.charset_used + ", " +
                   part.encoding + ", spot " + std::to_string(static_cast<int>(spot)));
      for (const Secret& secret : {kAscii, kKana}) {
        if (secret.value == kKana.value && !IsJapanese(part)) continue;
        const auto planted = Plant(raw, part, secret.value, spot);
        if (planted) Check(*planted, *Plant(raw, part, secret.masked, spot));
      }
    }
  }

  void CheckSet(const Set& set) {
    constexpr std::size_t kLargest = 100'000;
    const auto folder = test::SharedData(set.name) / "data";
    if (!std::filesystem::exists(folder)) {
      std::printf("SKIPPED: no test data at %s\n", folder.c_str());
      return;
    }
    std::size_t number = 0;
    for (const auto& path : test::FilesBelow(folder)) {
      if (number++ % set.step != 0 || std::filesystem::file_size(path) > kLargest) continue;
      SCOPED_TRACE(path.string());
      std::string raw = WithCrlf(test::ReadFile(path));
      if (raw.starts_with("From ")) raw.erase(0, raw.find('\n') + 1);  // of an mbox
      CheckMail(raw);
    }
  }

  Gateway gateway_;
  const Snapshot& snapshot_ = gateway_.editable();
  Budget budget_{gateway_.clock, std::chrono::hours(1), {}};
  int planted_ = 0, masked_ = 0, spots_ = 0;
  std::map<std::string, int> refused_;
};

TEST_F(RedactCorpus, NothingElseChanges) {
  for (const Set& set : kSets) CheckSet(set);
  if (planted_ == 0) GTEST_SKIP() << "SKIPPED: no test data";
  std::printf("%d planted, %d masked\n", planted_, masked_);
  for (const auto& [why, count] : refused_) std::printf("  %d left: %s\n", count, why.c_str());
  EXPECT_GT(masked_, 300);
}

}  // namespace
}  // namespace warifu::app
