#include "binding/spoof.h"

#include <algorithm>
#include <string>

#include "base/unicode_text.h"
#include "binding/fields.h"

namespace warifu::binding {
namespace {

// name: in lower case.
bool Has(const Fields& fields, std::string_view name) {
  return std::ranges::any_of(fields,
                             [name](const auto& field) { return AsciiLower(field.first) == name; });
}

// A From that has no single reading, but shows one of our domains somewhere.
bool Shows(std::string_view body, const Options& options) {
  std::string folded(body);
  std::ranges::transform(folded, folded.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::ranges::any_of(options.local_domains, [&folded](const std::string& domain) {
    return folded.contains("@" + domain);
  });
}

CheckResult Spoofed(std::string subject, std::string reason) {
  CheckResult result;
  result.check = Check::kSpoof;
  result.outcome = Outcome::kFail;
  result.subject = std::move(subject);
  result.reason = std::move(reason);
  return result;
}

}  // namespace

CheckResult CheckSpoof(const Fields& fields, const Options& options) {
  CheckResult pass;
  pass.check = Check::kSpoof;
  if (Has(fields, "list-id") || Has(fields, "arc-seal")) return pass;
  for (const auto& [name, body] : fields) {
    if (NameOf(name).role != Role::kFrom) continue;
    const Result<AddressList> list = ParseAddressList(body, options.address);
    if (!list) {
      if (!Shows(body, options)) continue;
      return Spoofed("", "From cannot be read one way only and shows a local domain");
    }
    for (const Mailbox& mailbox : list->mailboxes) {
      if (!IsLocal(mailbox.address, options)) continue;
      return Spoofed(mailbox.address.ToString(), "a stranger's mail names a local author");
    }
  }
  return pass;
}

}  // namespace warifu::binding
