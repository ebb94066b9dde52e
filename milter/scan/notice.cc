#include "scan/notice.h"

#include <algorithm>
#include <utility>

#include "scan/notice_file.h"

namespace warifu::scan {
namespace {

constexpr std::size_t kLongestValue = 1000;
constexpr std::string_view kBlanks = " \t\r\n\f\v";

bool EqualNoCase(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// Of the outermost head: an attached mail's fields are not the notice's.
bool IsField(const Segment& segment, std::string_view name) {
  return segment.part == "header" && EqualNoCase(segment.field, name);
}

// Text that a reader is shown as the mail's own.
bool IsText(const Segment& segment) {
  if (!segment.field.empty() || !segment.name.empty() || segment.text.empty()) return false;
  const Region region = segment.RegionAt(0);
  return region == Region::kBody || region == Region::kQuoted || region == Region::kSignature;
}

bool AnyText(const RE2& regex, std::span<const Segment> segments) {
  return std::ranges::any_of(segments, [&](const Segment& segment) {
    return IsText(segment) && RE2::PartialMatch(segment.text, regex);
  });
}

bool AnyField(const RE2& regex, std::string_view field, std::span<const Segment> segments) {
  return std::ranges::any_of(segments, [&](const Segment& segment) {
    return IsField(segment, field) && RE2::PartialMatch(segment.text, regex);
  });
}

// Collects what stands at the places of one value, and judges it.
class ValueReader {
 public:
  // `fold`: upper and lower case do not make two values.
  ValueReader(const ValuePlace& place, bool fold) : place_(place), fold_(fold) {}

  NoticeValue Read(std::span<const Segment> segments) {
    for (const Segment& segment : segments) {
      const bool here = place_.header.empty() ? IsText(segment) : IsField(segment, place_.header);
      if (!here) continue;
      if (place_.regex) {
        ReadMatches(segment.text);
      } else {
        Take(segment.text);
      }
    }
    if (!problem_.empty()) return {"", problem_};
    if (value_.empty()) return {"", "is not in the mail"};
    return {value_, ""};
  }

 private:
  void ReadMatches(std::string_view text) {
    std::vector<re2::StringPiece> groups(static_cast<std::size_t>(place_.group) + 1);
    std::size_t at = 0;
    while (at <= text.size() && problem_.empty() &&
           place_.regex->Match(text, at, text.size(), RE2::UNANCHORED, groups.data(),
                               place_.group + 1)) {
      const re2::StringPiece& value = groups[static_cast<std::size_t>(place_.group)];
      if (value.data() != nullptr) Take({value.data(), value.size()});
      const auto end = static_cast<std::size_t>(groups[0].data() - text.data()) + groups[0].size();
      at = std::max(end, at + 1);
    }
  }

  void Take(std::string_view raw) {
    const std::string_view value = Trim(raw);
    if (value.empty()) return;
    if (value.size() > kLongestValue) {
      problem_ = "is longer than " + std::to_string(kLongestValue) + " bytes";
    } else if (std::ranges::any_of(value, [](unsigned char c) { return c < 0x20 || c == 0x7f; })) {
      problem_ = "runs over a line's end";
    } else if (value_.empty()) {
      value_ = value;
    } else if (value_ != value && !(fold_ && CanonicalAccount(value_) == CanonicalAccount(value))) {
      problem_ = "stands in the mail in two ways";
    }
  }

  const ValuePlace& place_;
  const bool fold_;
  std::string value_, problem_;
};

class NoticeSetImpl final : public NoticeSet {
 public:
  explicit NoticeSetImpl(std::vector<Notice> notices) : notices_(std::move(notices)) {
    for (const Notice& notice : notices_) infos_.push_back(notice.info);
  }

  const std::vector<NoticeInfo>& notices() const override { return infos_; }

  bool Recognises(std::size_t index, const NoticeMail& mail) const override {
    const Notice& notice = notices_[index];
    if (mail.head && !HeadHolds(notice, mail)) return false;
    return notice.text == nullptr || AnyText(*notice.text, mail.segments);
  }

  bool LooksLike(std::size_t index, const NoticeMail& mail) const override {
    const Notice& notice = notices_[index];
    return !notice.from.empty() && AuthorsHold(notice, mail) && SubjectHolds(notice, mail);
  }

  NoticeContent Read(std::size_t index, const NoticeMail& mail) const override {
    const Notice& notice = notices_[index];
    NoticeContent content;
    content.account = ValueReader(notice.account, true).Read(mail.segments);
    if (notice.token) content.token = ValueReader(*notice.token, false).Read(mail.segments);
    return content;
  }

 private:
  static bool Covered(const std::vector<AddressPattern>& patterns, const Address& address) {
    return std::ranges::any_of(
        patterns, [&](const AddressPattern& pattern) { return pattern.Covers(address); });
  }

  static bool AuthorsHold(const Notice& notice, const NoticeMail& mail) {
    return notice.from.empty() ||
           (!mail.authors.empty() && std::ranges::all_of(mail.authors, [&](const Address& author) {
             return Covered(notice.from, author);
           }));
  }

  static bool SubjectHolds(const Notice& notice, const NoticeMail& mail) {
    return notice.subject == nullptr || AnyField(*notice.subject, "Subject", mail.segments);
  }

  // The sender is not known of a stored mail, and then not asked for.
  static bool HeadHolds(const Notice& notice, const NoticeMail& mail) {
    return AuthorsHold(notice, mail) && SubjectHolds(notice, mail) &&
           (notice.sender.empty() || mail.sender == nullptr ||
            Covered(notice.sender, *mail.sender));
  }

  std::vector<Notice> notices_;
  std::vector<NoticeInfo> infos_;
};

}  // namespace

std::expected<std::shared_ptr<const NoticeSet>, Errors> LoadNotices(
    const std::vector<std::string>& paths, const AddressOptions& options) {
  NoticeFiles files = ReadNoticeFiles(paths, options);
  if (!files.errors.empty()) return std::unexpected(std::move(files.errors));
  return std::make_shared<NoticeSetImpl>(std::move(files.notices));
}

}  // namespace warifu::scan
