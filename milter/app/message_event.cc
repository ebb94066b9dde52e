#include "app/message_event.h"

#include <string>

namespace warifu::app {

incident::Event EventOf(const Snapshot& snapshot, const Listener& listener,
                        const Envelope& envelope, const Transaction& transaction,
                        std::string_view reference, WallTime now, std::string_view stage) {
  incident::Event event;
  event.time = now;
  event.stage = stage;
  event.queue_id = transaction.queue_id;
  event.reference = reference;
  event.listener = listener.name;
  event.direction = DirectionOf(envelope, snapshot.settings);
  event.account = envelope.account;
  event.client_address = transaction.session.client_address;
  event.client_name = transaction.session.client_name;
  event.helo = transaction.session.helo;
  const auto shown = [](const Address& address, const std::string& path) {
    return address == kUnreadable ? path : address.empty() ? "" : address.ToString();
  };
  event.sender = shown(envelope.sender, transaction.sender);
  for (std::size_t i = 0; i < transaction.recipients.size(); ++i) {
    const Address& address = i < envelope.recipients.size() ? envelope.recipients[i] : kUnreadable;
    event.recipients.push_back(shown(address, transaction.recipients[i]));
  }
  event.mode = Weakest(snapshot.settings.policy.mode, listener.mode);
  event.rules_version = snapshot.rules->version();
  return event;
}

void FillEvent(const Judgement& judgement, incident::Event* event) {
  const Content& content = judgement.content;
  event->authors = judgement.authors;
  event->message_id = judgement.message_id;
  event->checks = judgement.checks;
  event->findings = content.findings;
  event->faults = content.faults;
  event->attachments = content.attachments;
  event->microseconds = content.microseconds;
  event->verdict = judgement.verdict;
}

}  // namespace warifu::app
