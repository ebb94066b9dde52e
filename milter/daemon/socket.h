// Socket: where the MTA reaches the daemon.
//
// A unix socket is bound under a private name beside its public one ("milter.sock.4711"), given its
// mode and group there, and only then renamed over the public name. Thus it is never reachable with
// a wrong mode, a stale socket of a dead process is replaced, and a new daemon takes over from a
// running one without a refused connection: the old one serves what it has accepted and ends. To
// reach its own listener when it has lost the name, a process keeps a descriptor of the file: a
// second name would be easier, but Sendmail refuses a socket that has more than one.
//
// Withdraw() takes the public name away only while it is still this process's own. Both lock the
// directory, so that two daemons cannot remove each other's socket.
//
// Over TCP there is no such handover: while a new process starts, connections are refused.
//
// Refuses: a public name that is not a socket, a directory that everybody may write to (unless
// sticky), host names other than "localhost".
// SECURITY: who can connect can claim any login. Unix sockets by mode and group; TCP on loopback.
// Threads: one.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "base/unique_fd.h"
#include "daemon/negotiation.h"

namespace warifu::daemon {

struct SocketAddress {
  Transport transport = Transport::kUnix;
  std::string path;  // kUnix: absolute
  std::string host;  // kTcp: numeric, without brackets
  unsigned port = 0;
  bool ipv6 = false;
  bool loopback = false;
};

// "unix:/path", "local:/path", "/path"; "inet:port@host" as libmilter and Sendmail write it,
// "inet:host:port" as Postfix does; "inet6:" likewise, IPv6 addresses in brackets.
Result<SocketAddress> ParseSocket(std::string_view text);

// The lines that an administrator copies: for main.cf and for sendmail.mc.
std::string PostfixSyntax(const SocketAddress& address);
std::string SendmailSyntax(const SocketAddress& address);

class Socket {
 public:
  // Checks the place and clears what dead processes left. Binds nothing yet.
  static Result<Socket> Prepare(const SocketAddress& address);

  const SocketAddress& address() const { return address_; }
  // Does somebody answer at the public name? TCP: false, since binding will tell.
  bool HasPredecessor() const;
  // What libmilter has to listen on.
  std::string connection() const;

  // After libmilter has bound: sets mode and group, and takes the public name.
  Result<void> Publish(unsigned mode, const std::string& group);
  // Does the public name (still) lead to this process? TCP: always.
  bool IsOurs() const;
  // Takes the public name away if it is ours. TCP: nothing.
  void Withdraw();
  // Takes the private name away, where Publish() was not reached or failed.
  void RemovePrivate();

  // Returns once all connections that queued up before have been accepted, or after `milliseconds`.
  void Flush(int milliseconds) const;

 private:
  explicit Socket(SocketAddress address);
  Result<void> CheckPlace() const;
  void RemoveLeftovers() const;
  int Connect(const std::string& path) const;
  int ConnectToOwn() const;

  SocketAddress address_;
  std::string private_path_;  // kUnix
  std::string directory_;     // kUnix
  UniqueFd own_;              // kUnix, once published: the file, whatever its name
};

}  // namespace warifu::daemon
