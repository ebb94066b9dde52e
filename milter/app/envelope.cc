#include "app/envelope.h"

#include <algorithm>

namespace warifu::app {
namespace {

bool Holds(const Exemption& exemption, const Envelope& envelope) {
  if (!exemption.networks.empty() &&
      FindNetwork(exemption.networks, envelope.client_address) == nullptr) {
    return false;
  }
  const auto among = [](const auto& list, const auto& entry) {
    return std::ranges::find(list, entry) != list.end();
  };
  if (!exemption.accounts.empty() && !among(exemption.accounts, envelope.account)) return false;
  if (exemption.recipients.empty()) return true;
  return envelope.complete && !envelope.recipients.empty() &&
         std::ranges::all_of(envelope.recipients, [&](const Address& recipient) {
           return among(exemption.recipients, recipient);
         });
}

template <typename Covers>
std::string FirstThatHolds(const Envelope& envelope, const Settings& settings, Covers covers) {
  for (const Exemption& exemption : settings.exemptions) {
    if (covers(exemption) && Holds(exemption, envelope)) return exemption.name;
  }
  return "";
}

}  // namespace

// "invalid" is nobody's domain by RFC 2606.
const Address kUnreadable{"unreadable", "invalid"};

Address CanonicalAddress(std::string_view path, const AddressOptions& options) {
  return ParsePath(path, options).value_or(kUnreadable);
}

std::vector<Address> CanonicalRecipients(const std::vector<std::string>& recipients,
                                         const AddressOptions& options) {
  std::vector<Address> out;
  out.reserve(recipients.size());
  for (const std::string& recipient : recipients) {
    out.push_back(CanonicalAddress(recipient, options));
  }
  return out;
}

bool IsOwnBounce(const Envelope& envelope, const Settings& settings) {
  return envelope.sender.empty() && envelope.account.empty() &&
         DirectionOf(envelope, settings) != incident::Direction::kInbound;
}

incident::Direction DirectionOf(const Envelope& envelope, const Settings& settings) {
  const bool own = !envelope.account.empty() || envelope.submission ||
                   FindNetwork(settings.trusted_networks, envelope.client_address) != nullptr;
  if (!own) return incident::Direction::kInbound;
  const bool internal =
      envelope.complete && std::ranges::all_of(envelope.recipients, [&](const Address& recipient) {
        return binding::IsLocal(recipient, settings.binding);
      });
  return internal ? incident::Direction::kInternal : incident::Direction::kOutbound;
}

Envelope ForRecipient(Envelope envelope, const Address& recipient) {
  envelope.recipients = {recipient};
  envelope.complete = true;
  return envelope;
}

std::string ExemptFromContent(const Envelope& envelope, const Settings& settings) {
  return FirstThatHolds(envelope, settings,
                        [](const Exemption& exemption) { return exemption.content; });
}

std::string ExemptFromCheck(const Envelope& envelope, const Settings& settings, Check check) {
  return FirstThatHolds(envelope, settings, [check](const Exemption& exemption) {
    return exemption.checks.contains(check);
  });
}

}  // namespace warifu::app
