#include "daemon/session.h"

#include <optional>
#include <utility>

#include "daemon/claims.h"
#include "daemon/edits.h"

namespace warifu::daemon {
namespace {

struct PlainReply {
  int code;
  const char* enhanced;
  const char* text;
};

constexpr PlainReply kBroken{451, "4.3.0", "Internal error, please try again later"};
constexpr PlainReply kBusy{451, "4.3.2", "Too busy, please try again later"};
constexpr PlainReply kStopping{421, "4.3.2", "Service is restarting, please try again later"};
constexpr PlainReply kOutOfOrder{451, "4.5.1", "Commands out of order"};
constexpr PlainReply kTooManyRecipients{452, "4.5.3", "Too many recipients"};

Response TempFail(MtaActions& mta, const policy::Reply& reply) {
  // Without its text the refusal stands all the same.
  mta.SetReply(MakeReply(Refusal::kTemporary, reply));
  return Response::kTempFail;
}

Response TempFail(MtaActions& mta, const PlainReply& reply) {
  return TempFail(mta, policy::Reply{reply.code, reply.enhanced, reply.text});
}

void Update(std::string* value, std::string now) {
  if (!now.empty()) *value = std::move(now);
}

}  // namespace

// From MAIL to the end. The order of members matters: the slot is given back last.
struct Session::Message {
  Message(Traffic& traffic, std::size_t field_names) : slot(traffic), field_counts(field_names) {}
  MessageSlot slot;
  app::Transaction transaction;
  FieldCounts field_counts;
  std::unique_ptr<app::MessageInspection> inspection;
  std::optional<mail::MessageBuffer> buffer;
  bool in_body = false;
  bool event_lost = false;
};

Session::Session(app::Inspector& inspector, Traffic& traffic, KeepAlive& keep_alive)
    : inspector_(inspector), traffic_(traffic), keep_alive_(keep_alive) {}

Session::~Session() = default;

void Session::Connect(MtaActions& mta, std::string_view host, std::string_view address) {
  Abort();
  facts_ = {};
  facts_lost_ = false;
  facts_.client_name = host;
  facts_.client_address = address;
  facts_.daemon_name = mta.Macro("{daemon_name}");
}

void Session::Helo(std::string_view name) {
  Abort();  // HELO, and EHLO after STARTTLS, begin anew
  facts_.helo = name;
}

Response Session::Mail(MtaActions& mta, std::string_view sender) {
  Abort();
  if (facts_lost_) return TempFail(mta, kBroken);
  auto message = std::make_unique<Message>(traffic_, kMaxFieldNames);
  if (!message->slot.admitted()) {
    const bool stopping = message->slot.admission() == Traffic::Admission::kStopping;
    return TempFail(mta, stopping ? kStopping : kBusy);
  }
  Update(&facts_.daemon_name, mta.Macro("{daemon_name}"));
  app::Transaction& transaction = message->transaction;
  transaction.session = facts_;
  Claims claims = ReadClaims(mta, own_macros_);
  transaction.auth_login = std::move(claims.login);
  transaction.auth_type = std::move(claims.login_type);
  transaction.cert_subject = std::move(claims.cert_subject);
  transaction.cert_issuer = std::move(claims.cert_issuer);
  transaction.cert_fingerprint = std::move(claims.cert_fingerprint);
  transaction.sender = sender;
  transaction.queue_id = mta.Macro("i");
  transaction.leading_space = leading_space_;
  message->inspection = inspector_.Begin();
  if (!message->inspection) return TempFail(mta, kBroken);
  message->buffer.emplace(message->inspection->limits());
  const Response response = Answer(mta, message->inspection->Mail(transaction));
  if (response == Response::kContinue) message_ = std::move(message);
  return response;
}

Response Session::Rcpt(MtaActions& mta, std::string_view recipient) {
  if (!message_) return TempFail(mta, kOutOfOrder);
  app::Transaction& transaction = message_->transaction;
  if (transaction.recipients.size() >= kMaxRecipients) return TempFail(mta, kTooManyRecipients);
  Update(&transaction.queue_id, mta.Macro("i"));
  const Response response = Answer(mta, message_->inspection->Rcpt(transaction, recipient));
  if (response == Response::kContinue) transaction.recipients.emplace_back(recipient);
  return response;
}

void Session::Header(std::string_view name, std::string_view value) {
  if (!message_) return;
  message_->field_counts.Add(name);
  message_->buffer->AddHeader(name, value, leading_space_);
}

void Session::Body(std::string_view chunk) {
  if (!message_) return;
  if (!std::exchange(message_->in_body, true)) message_->buffer->EndHeaders();
  message_->buffer->AddBody(chunk);
}

Response Session::EndOfMessage(MtaActions& mta) {
  // Taken out of the session first: whatever happens below, the next message begins clean.
  const std::unique_ptr<Message> message = std::move(message_);
  if (!message) return TempFail(mta, kOutOfOrder);
  Update(&message->transaction.queue_id, mta.Macro("i"));
  if (message->event_lost) {
    message->inspection->Failed(message->transaction, "an event of the message was lost");
    return TempFail(mta, kBroken);
  }
  if (!message->in_body) message->buffer->EndHeaders();
  return Conclude(mta, *message);
}

Response Session::Conclude(MtaActions& mta, Message& message) {
  app::EndActions actions;
  bool alive = true;
  {
    const KeepAlive::Ticket ticket = keep_alive_.Watch([&mta] { return mta.Progress(); });
    actions = message.inspection->End(message.transaction, *message.buffer,
                                      [&ticket] { return ticket.alive(); });
    alive = ticket.alive();
  }
  if (!alive) {
    message.inspection->Failed(message.transaction, "the MTA closed the connection");
    return TempFail(mta, kBroken);
  }
  const Response response = Answer(mta, actions.verdict);
  if (response != Response::kContinue) return response;
  const Result<void> done = ApplyEdits(actions, message.field_counts, leading_space_, mta);
  if (done) return Response::kContinue;
  message.inspection->Failed(message.transaction, done.error().text);
  return TempFail(mta, kBroken);
}

void Session::Abort() {
  message_.reset();
}

void Session::Poison() noexcept {
  (message_ ? message_->event_lost : facts_lost_) = true;
}

// kContinue when the verdict refuses nothing.
Response Session::Answer(MtaActions& mta, const policy::Verdict& verdict) {
  if (verdict.action == Action::kDefer) return TempFail(mta, verdict.reply);
  if (verdict.action != Action::kReject) return Response::kContinue;
  mta.SetReply(MakeReply(Refusal::kPermanent, verdict.reply));
  return Response::kReject;
}

Response Session::Broken(MtaActions& mta) {
  return TempFail(mta, kBroken);
}

}  // namespace warifu::daemon
