#include "daemon/claims.h"

namespace warifu::daemon {
namespace {

// Of an upper-case hexadecimal digit; -1 for others.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string DecodeXtext(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '+') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? HexValue(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? HexValue(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::string(text);
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

Claims ReadClaims(MtaActions& mta, bool own_macros) {
  Claims out;
  out.login = mta.Macro("{auth_authen}");
  out.login_type = mta.Macro("{auth_type}");
  if (!mta.Macro("{auth_ssf}").empty()) out.login = DecodeXtext(out.login);
  out.cert_fingerprint = mta.Macro("{cert_fp}");
  const std::string verified = mta.Macro("{verify}");
  if (verified.empty() ? !own_macros : verified != "OK") return out;
  out.cert_subject = mta.Macro("{cert_subject}");
  out.cert_issuer = mta.Macro("{cert_issuer}");
  if (!verified.empty()) {
    out.cert_subject = DecodeXtext(out.cert_subject);
    out.cert_issuer = DecodeXtext(out.cert_issuer);
  }
  return out;
}

}  // namespace warifu::daemon
