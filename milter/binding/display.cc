// The display check: names that show another local address than the one they stand before.
#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/address_view.h"
#include "base/unicode_text.h"
#include "binding/checks.h"
#include "binding/fields.h"

namespace warifu::binding {
namespace {

constexpr std::size_t kMaxResults = 50;
// Of one name; no program shows what stands behind so many.
constexpr std::size_t kMaxSightings = 200;
constexpr std::string_view kRightToLeftOverride = "\u202e";

bool IsAlnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// Japanese text has no spaces: in "連絡はboss@corp.exampleまで" the address ends where ASCII ends.
std::string_view AsciiRun(std::string_view addr) {
  const std::size_t at = addr.find('@');
  std::size_t begin = at;
  std::size_t end = at + 1;
  while (begin > 0 && static_cast<unsigned char>(addr[begin - 1]) < 0x80) --begin;
  while (end < addr.size() && static_cast<unsigned char>(addr[end]) < 0x80) ++end;
  while (end > at + 1 && !IsAlnum(addr[end - 1])) --end;
  return addr.substr(begin, end - begin);
}

// "'bob@corp.example' via Sales": quotes of all kinds are atext.
std::string_view WithoutMarks(std::string_view addr) {
  const std::size_t first = addr.find_first_not_of("'`*=_-/|~!#$%&+?^{}.");
  return first == std::string_view::npos ? addr : addr.substr(first);
}

std::string WithoutSpacesRoundAt(std::string_view text) {
  std::string out;
  for (const char c : text) {
    while (c == '@' && out.ends_with(' ')) out.pop_back();
    if (c != ' ' || !out.ends_with('@')) out += c;
  }
  return out;
}

class DisplayCheck {
 public:
  DisplayCheck(std::string_view account, const Directory& directory, const Options& options,
               Grants grants)
      : account_(account), directory_(directory), options_(options), grants_(grants) {}

  std::vector<CheckResult> Run(const Fields& fields) {
    for (const auto& [name, body] : fields) {
      if (NameOf(name).role == Role::kNone) continue;
      // What cannot be read is for `author`.
      const Result<AddressList> list = ParseAddressList(body, options_.address);
      if (!list) continue;
      for (const std::string& group : list->groups) Look(group);
      for (const Mailbox& mailbox : list->mailboxes) {
        Look(mailbox.display_name);
        Look(mailbox.comment);
      }
    }
    if (results_.empty()) Say(Outcome::kPass, "", "");
    return std::move(results_);
  }

 private:
  void Look(std::string_view text) {
    const std::string folded = FoldCompatible(text);
    LookAt(folded, false);
    if (folded.contains(" @") || folded.contains("@ ")) LookAt(WithoutSpacesRoundAt(folded), true);
    // Behind a right-to-left override a reader sees the text the other way round.
    if (text.contains(kRightToLeftOverride)) LookAt({folded.rbegin(), folded.rend()}, false);
  }

  void LookAt(const std::string& folded, bool spaced) {
    const std::vector<std::string_view> found = FindAddressLike(folded);
    for (std::size_t i = 0; i < std::min(found.size(), kMaxSightings); ++i) {
      if (results_.size() < kMaxResults) Judge(found[i], spaced);
    }
  }

  // `spaced`: white space stood round the @. "Taro @ corp.example" may just say where somebody
  // works, so the address must be somebody's.
  void Judge(std::string_view found, bool spaced) {
    const std::string_view ascii = AsciiRun(found);
    std::optional<Address> shown;
    Owners owners;
    for (const std::string_view addr : {found, WithoutMarks(found), ascii, WithoutMarks(ascii)}) {
      const Result<Address> address = ParseAddrSpec(addr, options_.address);
      if (!address || !IsLocal(*address, options_)) continue;
      if (Covers(grants_, *address)) return;
      Owners asked = directory_.OwnersOf(*address);
      if (Owns(account_, asked, options_)) return;
      if (owners.status == Lookup::kFound) continue;
      shown = *address;
      owners = std::move(asked);
    }
    if (!shown || (spaced && owners.status == Lookup::kNotFound)) return;
    Say(OutcomeOf(owners), shown->ToString(),
        "a display name carries an address " + WhyNot(owners));
  }

  void Say(Outcome outcome, std::string subject, std::string reason) {
    CheckResult result;
    result.check = Check::kDisplay;
    result.outcome = outcome;
    result.subject = std::move(subject);
    result.reason = std::move(reason);
    const bool said = std::ranges::any_of(
        results_, [&result](const CheckResult& r) { return r.subject == result.subject; });
    if (!said) results_.push_back(std::move(result));
  }

  std::string_view account_;
  const Directory& directory_;
  const Options& options_;
  const Grants grants_;
  std::vector<CheckResult> results_;
};

}  // namespace

std::vector<CheckResult> CheckDisplay(std::string_view account, const Fields& fields,
                                      const Directory& directory, const Options& options,
                                      Grants grants) {
  if (account.empty()) {
    CheckResult result;
    result.check = Check::kDisplay;
    result.outcome = Outcome::kNotApplicable;
    return {result};
  }
  return DisplayCheck(account, directory, options, grants).Run(fields);
}

}  // namespace warifu::binding
