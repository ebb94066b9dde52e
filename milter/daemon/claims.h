// Claims: what the MTA's macros say about who is behind a session, each MTA in its own way.
//
// Sendmail writes logins and names of certificates in xtext (RFC 3461 §4: "+40" for "@"), Postfix
// as they are; it is told by {auth_ssf} and {verify}, which Postfix does not have. A login is
// decoded for Sendmail alone, or whoever logs in to Postfix as "ceo+40example.jp" would be somebody
// else.
//
// Sendmail tells the names of a certificate whatever became of its verification, so that anybody
// could claim them with one made at home; Postfix those of trusted ones only. Names count where
// {verify} says OK, or where it was asked for and the MTA has none. A fingerprint counts always:
// the client has shown that it holds the key.
//
// SECURITY: the values are the client's words, the MTA vouches for them. Threads: pure.
#pragma once

#include <string>
#include <string_view>

#include "daemon/mta.h"

namespace warifu::daemon {

struct Claims {
  std::string login, login_type;          // {auth_authen}, {auth_type}
  std::string cert_subject, cert_issuer;  // of a verified certificate
  std::string cert_fingerprint;
};

// At MAIL. `own_macros`: our list of macros was asked for, so that {verify} would be there.
Claims ReadClaims(MtaActions& mta, bool own_macros);

// What is no xtext comes back as it is.
std::string DecodeXtext(std::string_view text);

}  // namespace warifu::daemon
