// Socketmap: answers Postfix's socketmap_table(5) lookups, for transport_maps.
//
// A milter sees a recipient as given, before aliases and lists, and mail in the queue not at all.
// As a transport map warifu is asked for every recipient at the moment of delivery. Requests are
// "name address", each and each answer one netstring, many a connection:
//   OK retry:4.7.1 …   the recipient is deferred, nobody else of that mail
//   NOTFOUND           Postfix goes on as if this map were not there
//   TEMP …             the lookup failed: Postfix keeps the mail and asks again
// The name is ignored, so main.cf may call the map as it likes.
//
// A few threads of its own serve the connections without blocking; one lookup that waits for the
// store or the directory keeps up the connections of its thread, no others and no milter session.
// Keys longer than Options::max_key, broken framing, requests that do not come whole, answers that
// are not taken and idle connections are closed; beyond Options::max_connections new ones are.
// A second daemon takes the public name over from a running one, as the milter's socket does.
//
// SECURITY: who can connect learns which addresses are disputed, no more. Unix sockets by mode and
// group; TCP on loopback only. Threads: Start() and Stop() on one; the lookup is called on several.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace warifu::daemon {

struct SocketmapAnswer {
  enum class Kind { kNotFound, kFound, kTemporary };
  Kind kind = Kind::kNotFound;
  std::string text = {};  // what was found ("retry:4.7.1 …"), or why not now; ASCII
};

// Must not throw; what it throws is answered as temporary.
using SocketmapLookup = std::function<SocketmapAnswer(std::string_view key)>;

struct SocketmapOptions {
  std::string address;  // as daemon/socket.h reads it
  unsigned mode = 0660;
  std::string group;
  std::size_t threads = 2;
  std::size_t max_connections = 200;
  std::size_t max_key = 4096;
  std::chrono::milliseconds request_timeout{10'000};  // for the rest of a request, or of an answer
  std::chrono::milliseconds idle_timeout{600'000};
};

class SocketmapServer {
 public:
  virtual ~SocketmapServer() = default;  // stops: no lookup runs afterwards
  // Withdraws the name and closes every connection. Lookups that run are waited for.
  virtual void Stop() = 0;
  // What Postfix's main.cf has to name, without "socketmap:" and without the map's name.
  virtual std::string postfix_address() const = 0;
};

Result<std::unique_ptr<SocketmapServer>> StartSocketmap(const SocketmapOptions& options,
                                                        SocketmapLookup lookup);

}  // namespace warifu::daemon
