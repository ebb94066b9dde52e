// Transport: what Postfix's transport_maps is answered for one recipient.
//
// A milter sees a recipient before aliases and lists, and mail in the queue not at all; as a
// transport map warifu is asked for each recipient at the moment of delivery. It asks the check
// `pin` as RCPT does, with its mode, action and exemptions: a disputed or swapped address is
// deferred, which leaves the mail in the queue until the address is settled.
//
// Guarantees: what is no address, not local, or nobody's is not found, without asking the store.
// What the store or the directory cannot tell is kUnavailable. Threads: reentrant, as an
// inspection.
#pragma once

#include <string>
#include <string_view>

#include "app/inspection.h"

namespace warifu::app {

struct TransportAnswer {
  enum class Kind { kNotFound, kDefer, kUnavailable };
  Kind kind = Kind::kNotFound;
  std::string text = {};  // for the MTA's log and its sender's report: ASCII, names nobody
};

TransportAnswer AskTransport(const InspectionContext& context, std::string_view key);

}  // namespace warifu::app
