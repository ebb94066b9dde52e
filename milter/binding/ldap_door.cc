#include "binding/ldap_door.h"

#include <ldap.h>

#include <algorithm>
#include <optional>

#include "base/hex.h"
#include "binding/sql_door.h"

namespace warifu::binding {
namespace {

struct Unbind {
  void operator()(LDAP* ldap) const { ldap_unbind_ext(ldap, nullptr, nullptr); }
};
struct FreeMessage {
  void operator()(LDAPMessage* message) const { ldap_msgfree(message); }
};
struct FreeControl {
  void operator()(LDAPControl* control) const { ldap_control_free(control); }
};
struct FreeControls {
  void operator()(LDAPControl** controls) const { ldap_controls_free(controls); }
};
using Handle = std::unique_ptr<LDAP, Unbind>;
using Message = std::unique_ptr<LDAPMessage, FreeMessage>;

constexpr int kMostEntries = 1'000;

bool IsLasting(int code) {
  switch (code) {
    case LDAP_INVALID_CREDENTIALS:
    case LDAP_INAPPROPRIATE_AUTH:
    case LDAP_STRONG_AUTH_REQUIRED:
    case LDAP_CONFIDENTIALITY_REQUIRED:
    case LDAP_INSUFFICIENT_ACCESS:
    case LDAP_NO_SUCH_OBJECT:
    case LDAP_INVALID_DN_SYNTAX:
    case LDAP_FILTER_ERROR:
    case LDAP_PARAM_ERROR:
    case LDAP_UNDEFINED_TYPE:
    case LDAP_AUTH_METHOD_NOT_SUPPORTED:
    case LDAP_REFERRAL:
      return true;
    default:
      return false;
  }
}

std::string Detail(LDAP* ldap) {
  char* text = nullptr;
  if (ldap_get_option(ldap, LDAP_OPT_DIAGNOSTIC_MESSAGE, static_cast<void*>(&text)) !=
      LDAP_OPT_SUCCESS) {
    return "";
  }
  const std::string detail = text == nullptr ? "" : text;
  ldap_memfree(text);
  return detail;
}

std::unexpected<Error> Failed(LDAP* ldap, int code, std::string_view doing) {
  const std::string detail = Detail(ldap);
  return Fail(IsLasting(code) ? ErrorKind::kInvalid : ErrorKind::kTemporary,
              std::string(doing) + ": " + ldap_err2string(code) +
                  (detail.empty() ? "" : " (" + detail + ")"));
}

std::vector<std::string> Values(LDAP* ldap, LDAPMessage* entry, const std::string& attribute) {
  std::vector<std::string> out;
  if (attribute.empty()) return out;
  berval** values = ldap_get_values_len(ldap, entry, attribute.c_str());
  for (berval** value = values; value != nullptr && *value != nullptr; ++value) {
    out.emplace_back((*value)->bv_val, (*value)->bv_len);
  }
  ldap_value_free_len(values);
  return out;
}

class Session final : public LdapSession {
 public:
  Session(Handle ldap, LdapOptions options, std::chrono::milliseconds timeout)
      : ldap_(std::move(ldap)), options_(std::move(options)), timeout_(timeout) {}

  Result<std::vector<LdapEntry>> Search(const std::string& filter) override {
    const Result<Message> message = Ask(filter, nullptr, kMostEntries);
    if (!message) return std::unexpected(message.error());
    return Entries(message->get());
  }

  Result<std::vector<LdapEntry>> NextPage(const std::string& filter, int most) override {
    while (!at_end_) {
      LDAPControl* made = nullptr;
      berval cookie{cookie_.size(), cookie_.data()};
      int code = ldap_create_page_control(ldap_.get(), most, &cookie, 0, &made);
      if (code != LDAP_SUCCESS) return Failed(ldap_.get(), code, "paging");
      const std::unique_ptr<LDAPControl, FreeControl> control(made);
      const Result<Message> message = Ask(filter, control.get(), 0);
      if (!message) return std::unexpected(message.error());
      if (Result<void> turned = TurnPage(message->get()); !turned) {
        return std::unexpected(turned.error());
      }
      std::vector<LdapEntry> entries = Entries(message->get());
      if (!entries.empty()) return entries;
    }
    return std::vector<LdapEntry>{};
  }

 private:
  Result<Message> Ask(const std::string& filter, LDAPControl* control, int most) {
    std::string account = options_.account_attribute, address = options_.address_attribute;
    char* attributes[] = {account.data(), address.empty() ? nullptr : address.data(), nullptr};
    LDAPControl* controls[] = {control, nullptr};
    timeval patience{timeout_.count() / 1000, (timeout_.count() % 1000) * 1000};
    LDAPMessage* got = nullptr;
    const int code =
        ldap_search_ext_s(ldap_.get(), options_.base.c_str(), LDAP_SCOPE_SUBTREE, filter.c_str(),
                          attributes, 0, controls, nullptr, &patience, most, &got);
    Message message(got);
    if (code == LDAP_SIZELIMIT_EXCEEDED) {
      return Fail(ErrorKind::kInvalid,
                  "the filter finds more than " + std::to_string(kMostEntries) + " entries");
    }
    if (code != LDAP_SUCCESS) return Failed(ldap_.get(), code, "searching " + options_.base);
    return message;
  }

  // Keeps the cookie of the next page; a server that knows no pages has said all.
  Result<void> TurnPage(LDAPMessage* message) {
    LDAPControl** got = nullptr;
    int result = 0;
    const int code =
        ldap_parse_result(ldap_.get(), message, &result, nullptr, nullptr, nullptr, &got, 0);
    if (code != LDAP_SUCCESS) return Failed(ldap_.get(), code, "paging");
    const std::unique_ptr<LDAPControl*, FreeControls> controls(got);
    LDAPControl* page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, got, nullptr);
    cookie_.clear();
    if (page != nullptr) {
      ber_int_t estimate = 0;
      berval cookie{};
      if (ldap_parse_pageresponse_control(ldap_.get(), page, &estimate, &cookie) == LDAP_SUCCESS) {
        cookie_.assign(cookie.bv_val == nullptr ? "" : cookie.bv_val, cookie.bv_len);
        ber_memfree(cookie.bv_val);
      }
    }
    at_end_ = cookie_.empty();
    return {};
  }

  std::vector<LdapEntry> Entries(LDAPMessage* message) const {
    std::vector<LdapEntry> out;
    for (LDAPMessage* entry = ldap_first_entry(ldap_.get(), message); entry != nullptr;
         entry = ldap_next_entry(ldap_.get(), entry)) {
      out.push_back({Values(ldap_.get(), entry, options_.account_attribute),
                     Values(ldap_.get(), entry, options_.address_attribute)});
    }
    return out;
  }

  Handle ldap_;
  const LdapOptions options_;
  const std::chrono::milliseconds timeout_;
  std::string cookie_;
  bool at_end_ = false;
};

// LDAP_OPT_SUCCESS of all, or the first that is not.
int SetOptions(LDAP* ldap, const LdapOptions& options, std::chrono::milliseconds timeout) {
  const int version = LDAP_VERSION3, demand = LDAP_OPT_X_TLS_DEMAND, fresh = 0;
  const timeval patience{timeout.count() / 1000, (timeout.count() % 1000) * 1000};
  int code = ldap_set_option(ldap, LDAP_OPT_PROTOCOL_VERSION, &version);
  if (code == 0) code = ldap_set_option(ldap, LDAP_OPT_REFERRALS, LDAP_OPT_OFF);
  if (code == 0) code = ldap_set_option(ldap, LDAP_OPT_NETWORK_TIMEOUT, &patience);
  if (code == 0) code = ldap_set_option(ldap, LDAP_OPT_TIMEOUT, &patience);
  if (code == 0) code = ldap_set_option(ldap, LDAP_OPT_X_TLS_REQUIRE_CERT, &demand);
  if (code == 0 && !options.ca_file.empty()) {
    code = ldap_set_option(ldap, LDAP_OPT_X_TLS_CACERTFILE, options.ca_file.c_str());
  }
  if (code == 0) code = ldap_set_option(ldap, LDAP_OPT_X_TLS_NEWCTX, &fresh);
  return code;
}

bool AreUrls(std::string_view list) {
  bool any = false;
  while (!list.empty()) {
    const std::string url(list.substr(0, list.find(' ')));
    list.remove_prefix(std::min(list.size(), url.size() + 1));
    if (url.empty()) continue;
    LDAPURLDesc* parsed = nullptr;
    if (ldap_url_parse(url.c_str(), &parsed) != LDAP_URL_SUCCESS) return false;
    ldap_free_urldesc(parsed);
    any = true;
  }
  return any;
}

}  // namespace

std::string EscapedFilterValue(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '@' || c == '.' || c == '-' || c == '_' || c == '+' || c == '=';
    if (plain) {
      out += c;
    } else {
      out += '\\' + ToHex({&c, 1});
    }
  }
  return out;
}

Result<void> CheckLdapOptions(const LdapOptions& options) {
  const auto refuse = [](std::string why) { return Fail(ErrorKind::kInvalid, std::move(why)); };
  if (!AreUrls(options.url)) {
    return refuse("'" + options.url + "' is not of the form ldap://host or ldaps://host");
  }
  if (options.starttls && options.url.contains("ldaps:")) {
    return refuse("ldap.starttls belongs to ldap://, not to ldaps://");
  }
  if (options.bind_dn.empty() != options.password_file.empty()) {
    return refuse("ldap.bind_dn and a password_file go together");
  }
  const bool local = options.url.starts_with("ldapi:") || options.url.starts_with("ldaps:") ||
                     options.starttls || options.url.contains("//127.0.0.1") ||
                     options.url.contains("//localhost") || options.url.contains("//[::1]");
  if (!options.bind_dn.empty() && !local) {
    return refuse("a password would travel in the clear: use ldaps:// or ldap.starttls");
  }
  if (options.account_attribute.empty()) return refuse("ldap.account_attribute is not set");
  return {};
}

Result<std::unique_ptr<LdapSession>> OpenLdapSession(const LdapOptions& options,
                                                     std::chrono::milliseconds timeout) {
  Result<std::string> password = ReadPassword(options.password_file);
  if (!password) return std::unexpected(password.error());
  LDAP* made = nullptr;
  if (const int code = ldap_initialize(&made, options.url.c_str()); code != LDAP_SUCCESS) {
    return Fail(ErrorKind::kInvalid, ldap_err2string(code));
  }
  Handle ldap(made);
  if (SetOptions(made, options, timeout) != LDAP_OPT_SUCCESS) {
    return Fail(ErrorKind::kInvalid, "libldap refuses its settings; is ldap.ca_file readable?");
  }
  if (options.starttls) {
    const int code = ldap_start_tls_s(made, nullptr, nullptr);
    if (code != LDAP_SUCCESS) return Failed(made, code, "starting TLS");
  }
  berval secret{password->size(), password->data()};
  const int code = ldap_sasl_bind_s(made, options.bind_dn.c_str(), LDAP_SASL_SIMPLE, &secret,
                                    nullptr, nullptr, nullptr);
  if (code != LDAP_SUCCESS) return Failed(made, code, "binding");
  return std::make_unique<Session>(std::move(ldap), options, timeout);
}

}  // namespace warifu::binding
