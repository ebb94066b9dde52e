// Milter list: the filters of smtpd_milters and non_smtpd_milters, and which of them is warifu.
//
// An entry is a socket, or a socket with settings of its own in braces. Where a unix socket leads
// depends on who asks: a chrooted service looks below the queue folder, and a relative path lies
// there for all. Two names that reach one file (a bind mount, a link) are one socket.
// Threads: pure, but for looking at the file system.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace warifu::cli {

struct Milter {
  std::string address;  // as written: "unix:warifu/warifu.sock", "inet:localhost:8891"
  std::map<std::string, std::string, std::less<>> settings;  // "default_action" → "accept"
};

std::vector<Milter> ReadMilters(std::string_view list);
// As smtpd_milters takes it.
std::string WriteMilters(const std::vector<Milter>& milters);

// "unix:/run/…", "inet:8899@127.0.0.1" → how Postfix and Sendmail write it. `queue_directory`: a
// socket below it is named relative to it, which is right with and without chroot.
std::string PostfixSocket(const std::string& address, const std::string& queue_directory);
std::string SendmailSocket(const std::string& address);

enum class Leads {
  kAway,   // to another filter
  kHere,   // to our socket
  kTwin,   // to a socket that is there, by its name of another warifu-milter
  kAstray  // meant for us, by its name, and not reaching our socket
};

// Where Postfix's `address` leads a service that runs in the chroot `queue`, or not. `ours`: as
// socket.address of warifu.conf has it.
Leads WhereLeads(std::string_view address, const std::string& ours, const std::string& queue,
                 bool chroot);
// The same for S= of Sendmail.
Leads WhereSendmailLeads(std::string_view address, const std::string& ours);

// The path that a unix socket of Postfix's is, for everybody outside; "" for others.
std::string PathOf(std::string_view address, const std::string& queue, bool chroot);

// Host and port of "inet:8899@127.0.0.1"; the host without brackets, "localhost" as 127.0.0.1.
struct TcpPlace {
  std::string host, port;
};
TcpPlace TcpPlaceOf(std::string_view address);
bool IsLoopback(std::string_view host);

}  // namespace warifu::cli
