#include "binding/checks.h"

#include <algorithm>
#include <string>
#include <utility>

#include "binding/fields.h"

namespace warifu::binding {
namespace {

// A hostile mail with thousands of authors is told the first of them.
constexpr std::size_t kMaxResults = 50;
constexpr char kRoute[] = " names an address by way of another ('%' or '!')";

CheckResult Said(Check check, Outcome outcome, std::string subject, std::string reason) {
  CheckResult result;
  result.check = check;
  result.outcome = outcome;
  result.subject = std::move(subject);
  result.reason = std::move(reason);
  return result;
}

// Whether the row that was found names the address itself, and not its domain or what stands before
// its sub-address.
bool NamesWhole(const Owners& owners, const Address& address) {
  return !owners.by_domain && address.sub_address.empty();
}

class AuthorCheck {
 public:
  AuthorCheck(std::string_view account, const Directory& directory, const Options& options,
              Grants grants)
      : account_(account), directory_(directory), options_(options), grants_(grants) {}

  std::vector<CheckResult> Run(const Fields& fields) {
    CountFields(fields);
    for (const auto& [name, body] : fields) {
      const FieldName field = NameOf(name);
      if (field.role == Role::kNone) continue;
      if (field.disguised) {
        Malformed(field, "the name of a " + field.Name() + " field is disguised");
      } else {
        Judge(field, body);
      }
      if (results_.size() >= kMaxResults) break;
    }
    if (results_.empty()) {
      results_.push_back(Said(Check::kAuthor, Outcome::kPass, "", ""));
      results_.back().stale = stale_;
    }
    return std::move(results_);
  }

 private:
  void CountFields(const Fields& fields) {
    const auto count = [&fields](Role role) {
      return std::ranges::count_if(fields,
                                   [role](const auto& f) { return NameOf(f.first).role == role; });
    };
    // RFC 5322 asks for exactly one From. A mail without one shows its envelope, its Sender or
    // nothing, as each program likes; Postfix has added it to mail of its own clients before.
    const auto from = count(Role::kFrom);
    if (from == 0) Malformed({Role::kFrom}, "there is no From field");
    if (from > 1) Malformed({Role::kFrom}, "there are several From fields");
    if (count(Role::kSender) > 1) Malformed({Role::kSender}, "there are several Sender fields");
  }

  void Judge(const FieldName& field, std::string_view body) {
    const Result<AddressList> list = ParseAddressList(body, options_.address);
    if (!list) return Malformed(field, field.Name() + ": " + list.error().text);
    if (list->mailboxes.empty() && field.role != Role::kReplyTo) {
      return Malformed(field, field.Name() + " names nobody");
    }
    const bool single = field.role == Role::kSender || field.role == Role::kResentSender;
    if (single && list->mailboxes.size() > 1) {
      return Malformed(field, field.Name() + " names several");
    }
    for (const Mailbox& mailbox : list->mailboxes) {
      if (results_.size() >= kMaxResults) return;
      JudgeAddress(field, mailbox.address);
    }
  }

  void JudgeAddress(const FieldName& field, const Address& address) {
    const bool reply = field.role == Role::kReplyTo;
    if (reply && !IsLocal(address, options_)) return;
    if (Covers(grants_, address)) return;
    const Owners owners = directory_.OwnersOf(address);
    stale_ |= owners.stale;
    if (Owns(account_, owners, options_)) {
      if (!IsRoute(address) || NamesWhole(owners, address)) return;
      return Add(field,
                 Said(Check::kAuthor, Outcome::kFail, address.ToString(), field.Name() + kRoute));
    }
    if (reply && owners.status == Lookup::kNotFound) return;
    CheckResult result = Said(Check::kAuthor, OutcomeOf(owners), address.ToString(),
                              field.Name() + " names an address " + WhyNot(owners));
    result.stale = owners.stale;
    Add(field, std::move(result));
  }

  void Malformed(const FieldName& field, std::string reason) {
    Add(field, Said(Check::kAuthor, Outcome::kMalformed, "", std::move(reason)));
  }

  void Add(const FieldName& field, CheckResult result) {
    if (field.role == Role::kReplyTo) result.at_most = Action::kTag;
    const bool said = std::ranges::any_of(results_, [&result](const CheckResult& r) {
      return r.subject == result.subject && r.reason == result.reason;
    });
    if (!said) results_.push_back(std::move(result));
  }

  std::string_view account_;
  const Directory& directory_;
  const Options& options_;
  const Grants grants_;
  bool stale_ = false;
  std::vector<CheckResult> results_;
};

}  // namespace

std::string AccountOf(std::string_view sasl_login, const RealmOptions& realm) {
  std::string account = CanonicalAccount(sasl_login);
  const std::size_t at = account.rfind('@');
  switch (realm.rule) {
    case RealmOptions::Rule::kKeep:
      break;
    case RealmOptions::Rule::kStrip: {
      const std::string stripped = CanonicalAccount(realm.realm);
      const bool cut = at != std::string::npos && at > 0 &&
                       (stripped.empty() || std::string_view(account).substr(at + 1) == stripped);
      if (cut) account.resize(at);
      break;
    }
    case RealmOptions::Rule::kAdd:
      if (at == std::string::npos && !account.empty() && !realm.realm.empty()) {
        account += '@' + CanonicalAccount(realm.realm);
      }
      break;
  }
  return account;
}

bool IsLocal(const Address& address, const Options& options) {
  return !address.domain.empty() &&
         std::ranges::find(options.local_domains, address.domain) != options.local_domains.end();
}

CheckResult CheckSession(std::string_view account, bool required) {
  if (!account.empty()) return Said(Check::kSession, Outcome::kPass, std::string(account), "");
  if (!required) return Said(Check::kSession, Outcome::kNotApplicable, "", "");
  return Said(Check::kSession, Outcome::kFail, "", "the session has no account");
}

CheckResult CheckSender(std::string_view account, const Address& sender, const Directory& directory,
                        const Options& options, Grants grants) {
  if (account.empty()) return Said(Check::kSender, Outcome::kNotApplicable, "", "");
  // Read receipts and bounces of mail programs; `author` decides.
  if (sender.empty()) return Said(Check::kSender, Outcome::kPass, "", "");
  if (Covers(grants, sender)) return Said(Check::kSender, Outcome::kPass, sender.ToString(), "");
  const Owners owners = directory.OwnersOf(sender);
  CheckResult result = Said(Check::kSender, Outcome::kPass, sender.ToString(), "");
  result.stale = owners.stale;
  if (!Owns(account, owners, options)) {
    result.outcome = OutcomeOf(owners);
    result.reason = "the sender is an address " + WhyNot(owners);
  } else if (IsRoute(sender) && !NamesWhole(owners, sender)) {
    result.outcome = Outcome::kFail;
    result.reason = std::string("the sender") + kRoute;
  }
  return result;
}

std::vector<CheckResult> CheckAuthor(std::string_view account, const Fields& fields,
                                     const Directory& directory, const Options& options,
                                     Grants grants) {
  if (account.empty()) return {Said(Check::kAuthor, Outcome::kNotApplicable, "", "")};
  return AuthorCheck(account, directory, options, grants).Run(fields);
}

std::vector<Address> Authors(const Fields& fields, const Options& options) {
  std::vector<Address> out;
  for (const auto& [name, body] : fields) {
    if (NameOf(name).role != Role::kFrom) continue;
    const Result<AddressList> list = ParseAddressList(body, options.address);
    if (!list) continue;
    for (const Mailbox& mailbox : list->mailboxes) out.push_back(mailbox.address);
  }
  return out;
}

}  // namespace warifu::binding
