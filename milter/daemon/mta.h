// MtaActions: what a session may ask of the MTA, without libmilter.
//
// The adapter implements it on libmilter's functions, tests by a recorder. Every action says
// whether it succeeded; what the MTA did not offer at the start of the connection fails.
//
// Threads: one session at a time, but for Progress(), which KeepAlive's thread calls while the
// session itself is silent.
#pragma once

#include <string>
#include <string_view>

#include "daemon/reply.h"

namespace warifu::daemon {

class MtaActions {
 public:
  virtual ~MtaActions() = default;
  // Value of a macro ("{auth_authen}", "i"); "" when the MTA has not sent it.
  virtual std::string Macro(const char* name) = 0;
  // The reply that the next refusal carries.
  virtual bool SetReply(const SmtpReply& reply) = 0;

  // At end of message only. Values carry no line end behind their last line; folds are LF.
  virtual bool AddHeader(const std::string& name, const std::string& value) = 0;
  // `index` counts from 1 among the fields of that name as received; "" deletes.
  virtual bool ChangeHeader(const std::string& name, int index, const std::string& value) = 0;
  // The whole new body, CRLF; called once.
  virtual bool ReplaceBody(std::string_view body) = 0;
  virtual bool Quarantine(const std::string& reason) = 0;
  virtual bool Progress() = 0;
};

}  // namespace warifu::daemon
