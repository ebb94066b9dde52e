// Notice: mail that a system of the operator's own sends about one account.
//
// LoadNotices() reads declarations (TOML, warifu-notices(5)): which mail is the notice (From,
// envelope sender, subject, text), which part names the account, which part is the token that ties
// the notices of one transaction. Recognises() and Read() are the matcher that the gateway and the
// tool's examples both use. It reads the decoded, normalised segments of a mail, so one declaration
// covers every charset and transfer encoding.
//
// Guarantees: a value that stands in a mail twice in two ways is a problem, never the first of
// them: an account that cannot be told must not pass for one that can.
// Refuses: unknown keys, a notice without a source, look-around and back-references; a set with any
// error is not loaded at all.
//
// What a source is (a client's network, a listener, a session account) is not judged here: app asks
// it before it asks the matcher, so that a stranger's look-alike is never read.
//
// SECURITY: text is hostile; RE2 runs in linear time. Threads: const after LoadNotices().
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/error.h"
#include "base/segment.h"

namespace warifu::scan {

enum class NoticeKind : std::uint8_t { kReset, kOtp, kCompletion, kTransfer };
std::string_view ToString(NoticeKind kind);
bool FromString(std::string_view word, NoticeKind* kind);

struct NoticeSource {
  enum class Kind : std::uint8_t {
    kConfigured,  // whatever warifu.conf's notices.sources names
    kNetwork,     // of the client, CIDR
    kListener,    // by its name in warifu.conf
    kAccount,     // of the session
  };
  Kind kind = Kind::kConfigured;
  std::string text;  // behind the colon, as written
  Place place;
};

// "network:192.0.2.0/24", "listener:portal", "account:portal", "configured". kInvalid otherwise.
Result<NoticeSource> ParseNoticeSource(std::string_view text);

// A mail (when it begins with a header field) or a text, and what has to be read in it.
struct NoticeExample {
  std::string text;
  bool matches = true;
  std::string account, token;  // of one that matches
  Place place;
};

struct NoticeInfo {
  std::string id;
  std::string description;
  NoticeKind kind = NoticeKind::kReset;
  std::vector<NoticeSource> sources;  // any of them
  bool secrets = false;               // it carries something that only its recipient may see
  bool has_token = false;
  std::string flow;  // tokens are compared between notices of one flow name
  std::vector<NoticeExample> examples;
  Place place;
};

// What of a mail the matcher reads.
struct NoticeMail {
  bool head = true;                   // false: a text without a head, whose conditions are off
  const Address* sender = nullptr;    // of the envelope; null when it is not known
  std::span<const Address> authors;   // of From
  std::span<const Segment> segments;  // of the head and the body
};

// One value that the declaration says where to find.
struct NoticeValue {
  std::string text;     // normalised, without blanks at its ends; "" when it could not be read
  std::string problem;  // then why
};

struct NoticeContent {
  NoticeValue account;
  NoticeValue token;  // empty where none is declared
};

class NoticeSet {
 public:
  virtual ~NoticeSet() = default;
  // In the order of the files.
  virtual const std::vector<NoticeInfo>& notices() const = 0;
  // Whether all of the notice's conditions hold, whoever sent the mail.
  virtual bool Recognises(std::size_t index, const NoticeMail& mail) const = 0;
  // Whether those on the head hold: a mail that wants to be taken for this notice. False when the
  // notice has none on From.
  virtual bool LooksLike(std::size_t index, const NoticeMail& mail) const = 0;
  virtual NoticeContent Read(std::size_t index, const NoticeMail& mail) const = 0;
};

// `paths`: .toml files, or folders whose *.toml are read in name order. All errors at once.
std::expected<std::shared_ptr<const NoticeSet>, Errors> LoadNotices(
    const std::vector<std::string>& paths, const AddressOptions& options);

}  // namespace warifu::scan
