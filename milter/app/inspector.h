// Inspector: the whole inspection of a mail, as the daemon and the tool both run it.
//
// Begin() takes the current snapshot (settings, rules, directory) for one message; all stages of
// that message see the same one, whatever is reloaded meanwhile. The daemon's session collects
// facts and asks Mail(), Rcpt() and End(); each answers with a verdict that the session applies,
// and End() with the finished edits. The event is written here, once a verdict stands.
//
// Guarantees: never throws; a defect becomes an `internal` fault with its configured outcome.
// Threads: Inspector is shared; a MessageInspection belongs to one session at a time.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mail/edit.h"
#include "mail/message.h"
#include "policy/decide.h"

namespace warifu::app {

// Facts of the SMTP session, kept over its messages.
struct SessionFacts {
  std::string client_address;  // "192.0.2.1", "2001:db8::1", "unix"; from the connect callback
  std::string client_name;
  std::string helo;
  std::string daemon_name;  // {daemon_name}: which of the MTA's services speaks
};

// Facts of one message, as far as they are known at the stage.
struct Transaction {
  SessionFacts session;
  std::string auth_login;  // {auth_authen} at MAIL
  std::string auth_type;
  std::string cert_subject, cert_issuer;  // {cert_subject}, {cert_issuer}: the client's certificate
  std::string cert_fingerprint;           // {cert_fp}: Sendmail's
  std::string sender;                     // argv[0] of MAIL, as handed over
  std::vector<std::string> recipients;    // argv[0] of each RCPT that was not refused here
  std::string queue_id;
  bool leading_space = false;  // header values carry their leading space
};

// What the session has to do at end of message beside the verdict.
struct EndActions {
  policy::Verdict verdict;
  std::vector<mail::HeaderField> add_fields;
  std::vector<mail::FieldChange> change_fields;
  std::vector<std::string> delete_fields;  // forged X-Warifu fields of the sender: removed
  std::string new_body;                    // replaces the body when `replace_body`
  bool replace_body = false;
  std::string hold_reason;
};

class MessageInspection {
 public:
  virtual ~MessageInspection() = default;
  virtual const mail::Limits& limits() const = 0;
  virtual policy::Verdict Mail(const Transaction& transaction) = 0;
  virtual policy::Verdict Rcpt(const Transaction& transaction, std::string_view recipient) = 0;
  // `progress` is called at least every few seconds of long work; false: the MTA has gone, stop.
  virtual EndActions End(const Transaction& transaction, const mail::MessageBuffer& message,
                         const std::function<bool()>& progress) = 0;
  // The session could not do what End() said: the event is amended with what really happened.
  virtual void Failed(const Transaction& transaction, std::string_view what) = 0;
};

class Inspector {
 public:
  virtual ~Inspector() = default;
  virtual std::unique_ptr<MessageInspection> Begin() = 0;
};

}  // namespace warifu::app
