// Envelope: what the envelope of a mail says in canonical form, and who is let off what because of
// it.
//
// Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "base/address.h"
#include "base/check_result.h"
#include "incident/event.h"

namespace warifu::app {

struct Envelope {
  std::string client_address;
  std::string account;  // canonical; "" for none
  bool submission = false;
  Address sender;
  std::vector<Address> recipients;
  bool complete = false;  // all recipients are known: end of message
};

// Canonical form of an envelope address as the MTA hands it over. What is no address becomes
// kUnreadable, which is nobody's and not local.
extern const Address kUnreadable;
Address CanonicalAddress(std::string_view path, const AddressOptions& options);
std::vector<Address> CanonicalRecipients(const std::vector<std::string>& recipients,
                                         const AddressOptions& options);

// Before the recipients are known, a mail of our own counts as outbound. Mail over a submission
// listener is our own even where the MTA lets a client in without a login.
incident::Direction DirectionOf(const Envelope& envelope, const Settings& settings);

// A notice of our own MTA's (RFC 3464): null sender, nobody logged in. There is nobody to return it
// to, so a refusal would lose it.
bool IsOwnBounce(const Envelope& envelope, const Settings& settings);

// The envelope as it concerns one of its recipients alone.
Envelope ForRecipient(Envelope envelope, const Address& recipient);

// Name of the exemption that lets this mail off content rules, or off a check; "" for none. One
// with recipients never holds before they are all known.
std::string ExemptFromContent(const Envelope& envelope, const Settings& settings);
std::string ExemptFromCheck(const Envelope& envelope, const Settings& settings, Check check);

}  // namespace warifu::app
