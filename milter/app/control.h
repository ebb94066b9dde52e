// Control: how the tool talks to the running daemon, over a unix socket.
//
// Protocol: lines of JSON, one request and one answer each, several a connection:
//   {"version":1,"command":"status","arguments":{}}
//   {"version":1,"ok":true,"result":{…}}
//   {"version":1,"ok":false,"errors":[{"kind":"invalid","text":"…","file":"…","line":1,"column":2}]}
// `arguments` may be left out; unknown members are ignored; an unknown version or command is an
// error that names what this side knows.
//
// ControlServer listens on a private name and renames it over the public one, so that a second
// daemon takes over without a gap; it removes the public name at the end only while it is its own.
// One thread of its own does all input and output without blocking and runs the handlers, one at a
// time: a long handler (reload) makes other callers wait, never the mail.
//
// SECURITY: who calls is what the kernel says (SO_PEERCRED, SO_PEERGROUPS), asked for every
// request: root, the daemon's own uid, members of the configured group. Others get one line of
// refusal. Lines are bounded, connections are capped in all and for each uid, and one that does not
// deliver a whole request or take its answer in time is closed. File modes are a courtesy beside
// it. Threads: handlers run on the server's thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <expected>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"

namespace warifu::app {

inline constexpr int kControlVersion = 1;
// Bytes of one request: room for a file of some 100,000 accounts or changes, taken all or none.
inline constexpr std::size_t kMaxRequest = 8u << 20;

struct ControlPeer {
  uid_t uid = 0;
  gid_t gid = 0;
  pid_t pid = 0;
};

struct ControlCall {
  ControlPeer peer;
  std::string command;
  std::string arguments;  // a JSON object
};

// A JSON object as text, or everything that went wrong.
using ControlAnswer = std::expected<std::string, Errors>;
using ControlHandler = std::function<ControlAnswer(const ControlCall&)>;

struct ControlOptions {
  std::string path;
  mode_t mode = 0660;
  std::string group;  // its members may call, and the socket belongs to it; "" for none
  std::size_t max_connections = 32;
  std::size_t max_per_uid = 8;
  std::size_t max_line = kMaxRequest;  // bytes of one request
  std::chrono::milliseconds timeout{10'000};
};

class ControlServer {
 public:
  virtual ~ControlServer() = default;  // stops: no handler runs afterwards
  // Stops listening and closes every connection. A handler that runs is waited for.
  virtual void Stop() = 0;
};

// Listens and answers until the server is destroyed. `handlers` by command.
// kInvalid: no such group, a path too long; kSystem: the socket cannot be made.
Result<std::unique_ptr<ControlServer>> StartControlServer(
    const ControlOptions& options, std::map<std::string, ControlHandler> handlers);

// True when something listens behind `path`; kSystem when this user may not ask.
Result<bool> DaemonRuns(const std::string& path);

// Asks the daemon behind `path` and waits for its answer, a JSON object.
// kNotFound: no daemon is running there; kTemporary: no answer within `timeout`.
ControlAnswer CallDaemon(const std::string& path, std::string_view command,
                         std::string_view arguments = "{}",
                         std::chrono::milliseconds timeout = std::chrono::seconds(60));

}  // namespace warifu::app
