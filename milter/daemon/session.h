// Session: one connection of the MTA, over any number of messages, without libmilter.
//
// The adapter feeds it the events of the protocol. Connect, HELO, head fields and body chunks are
// only recorded (the MTA is not answered there, so nothing could be decided); MAIL, RCPT and end of
// message are put to the Inspector and answered. What belongs to the connection (client, HELO) is
// kept over messages; what belongs to a message is dropped at MAIL, at its end and at an abort. The
// login is read anew at every MAIL, since AUTH may come late and STARTTLS forgets it.
//
// Guarantees: no message passes that End() did not judge whole: a recipient that was
// refused is not counted, an event that could not be recorded poisons its message, an edit that
// fails turns into a temporary failure and into MessageInspection::Failed(). Nothing is ever
// accepted early, not even the null sender.
// Refuses: more messages than Traffic admits and more recipients than kMaxRecipients (4xx).
//
// SECURITY: addresses, fields and bodies are hostile; macros come from the MTA and are believed,
// which is why the socket must be reachable for the MTA alone.
// Threads: one event at a time, on any thread (libmilter's workers come and go).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "app/inspector.h"
#include "daemon/keep_alive.h"
#include "daemon/mta.h"
#include "daemon/traffic.h"

namespace warifu::daemon {

inline constexpr std::size_t kMaxRecipients = 50000;
// Head fields of different names that are told apart in one mail, for edits.
inline constexpr std::size_t kMaxFieldNames = 4096;

// There is no "accept": before the end it would be too early, and at the end kContinue lets the
// mail pass just as well. Postfix before August 2026 forgets to ask a filter about the next message
// of a session when the one that it accepted was refused by Postfix itself.
enum class Response {
  kContinue,
  kTempFail,  // with the reply that was set
  kReject,
};

class Session {
 public:
  // All three outlive the session.
  Session(app::Inspector& inspector, Traffic& traffic, KeepAlive& keep_alive);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Whether head fields carry their leading space, as negotiated.
  void set_leading_space(bool on) { leading_space_ = on; }
  // Whether our lists of macros were asked for, as negotiated.
  void set_own_macros(bool on) { own_macros_ = on; }

  void Connect(MtaActions& mta, std::string_view host, std::string_view address);
  void Helo(std::string_view name);
  Response Mail(MtaActions& mta, std::string_view sender);
  Response Rcpt(MtaActions& mta, std::string_view recipient);
  void Header(std::string_view name, std::string_view value);
  void Body(std::string_view chunk);
  Response EndOfMessage(MtaActions& mta);
  void Abort();

  // An event was lost (no memory, a defect): its message, or outside of a message all that follow
  // on the connection, end in a temporary failure.
  void Poison() noexcept;
  // Answers a callback that failed in a way that Session does not know.
  static Response Broken(MtaActions& mta);

 private:
  struct Message;
  Response Answer(MtaActions& mta, const policy::Verdict& verdict);
  Response Conclude(MtaActions& mta, Message& message);

  app::Inspector& inspector_;
  Traffic& traffic_;
  KeepAlive& keep_alive_;
  app::SessionFacts facts_;
  bool leading_space_ = false;
  bool own_macros_ = false;
  bool facts_lost_ = false;
  std::unique_ptr<Message> message_;
};

}  // namespace warifu::daemon
