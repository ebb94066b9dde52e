#include "milter_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace warifu::test {
namespace {

constexpr std::uint32_t kNrHdr = 0x80, kNrConn = 0x1000, kNrHelo = 0x2000, kNrBody = 0x80000,
                        kNoEoh = 0x40, kNoData = 0x200;

std::string BigEndian(std::uint32_t value) {
  value = htonl(value);
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

std::uint32_t FromBigEndian(std::string_view bytes) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data(), sizeof value);
  return ntohl(value);
}

std::string Frame(char command, std::string_view data) {
  std::string out = BigEndian(static_cast<std::uint32_t>(data.size() + 1));
  out += command;
  out += data;
  return out;
}

int ConnectTo(const std::string& address) {
  sockaddr_storage to{};
  socklen_t size = 0;
  if (address.starts_with("unix:")) {
    auto* unix_to = reinterpret_cast<sockaddr_un*>(&to);
    unix_to->sun_family = AF_UNIX;
    address.substr(5).copy(unix_to->sun_path, sizeof unix_to->sun_path - 1);
    size = sizeof *unix_to;
  } else {
    const std::size_t colon = address.rfind(':');
    const std::string host = address.substr(5, colon - 5);
    const auto port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1))));
    if (host.starts_with('[')) {
      auto* to6 = reinterpret_cast<sockaddr_in6*>(&to);
      to6->sin6_family = AF_INET6;
      to6->sin6_port = port;
      inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), &to6->sin6_addr);
      size = sizeof *to6;
    } else {
      auto* to4 = reinterpret_cast<sockaddr_in*>(&to);
      to4->sin_family = AF_INET;
      to4->sin_port = port;
      inet_pton(AF_INET, host.c_str(), &to4->sin_addr);
      size = sizeof *to4;
    }
  }
  const int fd = socket(to.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), size) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace

MilterClient::MilterClient(const std::string& address, int timeout_ms)
    : fd_(ConnectTo(address)), timeout_ms_(timeout_ms) {}

MilterClient::~MilterClient() {
  Close();
}

void MilterClient::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

bool MilterClient::Wait(short events) {
  pollfd waiting{fd_, events, 0};
  return fd_ >= 0 && poll(&waiting, 1, timeout_ms_) > 0;
}

bool MilterClient::SendRaw(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!Wait(POLLOUT)) return false;
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool MilterClient::Send(char command, std::string_view data) {
  return SendRaw(Frame(command, data));
}

bool MilterClient::SendWithMacros(char command, const std::vector<std::string>& macros,
                                  std::string_view data) {
  return SendRaw(Frame('D', std::string(1, command) + Strings(macros)) + Frame(command, data));
}

bool MilterClient::ReadExactly(char* to, std::size_t size) {
  while (size > 0) {
    if (!Wait(POLLIN)) return false;
    const ssize_t got = recv(fd_, to, size, 0);
    if (got <= 0) return false;
    to += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

Packet MilterClient::Read() {
  char head[5];
  last_ = {};
  if (!ReadExactly(head, sizeof head)) return last_;
  std::string data(FromBigEndian({head, 4}) - 1, '\0');
  if (!ReadExactly(data.data(), data.size())) return last_;
  last_ = {head[4], std::move(data)};
  return last_;
}

bool MilterClient::ReadsEnd() {
  char byte;
  while (Wait(POLLIN)) {
    if (recv(fd_, &byte, 1, 0) <= 0) return true;
  }
  return false;
}

Agreed MilterClient::Negotiate(std::uint32_t version, std::uint32_t actions,
                               std::uint32_t protocol) {
  agreed_ = {};
  Send('O', BigEndian(version) + BigEndian(actions) + BigEndian(protocol));
  const Packet answer = Read();
  if (answer.command != 'O' || answer.data.size() < 12) return agreed_;
  agreed_.ok = true;
  agreed_.version = FromBigEndian(answer.data);
  agreed_.actions = FromBigEndian(answer.data.substr(4));
  agreed_.protocol = FromBigEndian(answer.data.substr(8));
  std::string_view rest = std::string_view(answer.data).substr(12);
  while (rest.size() > 4) {
    const std::size_t end = rest.find('\0', 4);
    agreed_.macro_lists[FromBigEndian(rest)] = rest.substr(4, end - 4);
    rest.remove_prefix(end + 1);
  }
  return agreed_;
}

char MilterClient::Answer(std::uint32_t no_reply_bit) {
  if ((agreed_.protocol & no_reply_bit) != 0) return 'c';
  return Read().command;
}

std::string MilterClient::Strings(const std::vector<std::string>& strings) {
  std::string out;
  for (const std::string& string : strings) out += string + '\0';
  return out;
}

char MilterClient::Connect(std::string_view host, std::string_view address,
                           std::string_view daemon_name) {
  const char family = address.find(':') != std::string_view::npos ? '6' : '4';
  std::string data = std::string(host) + '\0' + family + std::string("\x30\x39", 2);
  data += std::string(address) + '\0';
  SendWithMacros('C', {"{daemon_name}", std::string(daemon_name), "v", "Postfix"}, data);
  return Answer(kNrConn);
}

char MilterClient::Helo(std::string_view name) {
  Send('H', std::string(name) + '\0');
  return Answer(kNrHelo);
}

char MilterClient::MailFrom(const Mail& mail) {
  std::vector<std::string> macros = {"{daemon_name}", "smtpd"};
  if (!mail.login.empty()) {
    for (const std::string& word : {std::string("{auth_authen}"), mail.login})
      macros.push_back(word);
    for (const char* word : {"{auth_type}", "PLAIN"}) macros.emplace_back(word);
  }
  SendWithMacros('M', macros, Strings({mail.sender, "SIZE=100"}));
  return Answer(0);
}

char MilterClient::RcptTo(std::string_view recipient, std::string_view queue_id) {
  std::vector<std::string> macros = {"{daemon_name}", "smtpd"};
  if (!queue_id.empty()) {
    macros.emplace_back("i");
    macros.emplace_back(queue_id);
  }
  SendWithMacros('R', macros, Strings({std::string(recipient)}));
  return Answer(0);
}

char MilterClient::Header(std::string_view name, std::string_view value) {
  Send('L', Strings({std::string(name), std::string(value)}));
  return Answer(kNrHdr);
}

char MilterClient::Body(std::string_view chunk) {
  Send('B', chunk);
  return Answer(kNrBody);
}

std::vector<Packet> MilterClient::End(std::string_view queue_id) {
  SendWithMacros('E', {"i", std::string(queue_id)}, {});
  std::vector<Packet> out;
  do {
    out.push_back(Read());
    // p: progress; then come edits; anything else is the verdict.
  } while (std::strchr("pmhibq", out.back().command) != nullptr && out.back().command != 0);
  return out;
}

std::vector<Packet> MilterClient::Message(const Mail& mail) {
  if (MailFrom(mail) != 'c') return {last_};
  std::string queue_id;  // known once a recipient was accepted
  bool any = false;
  for (const std::string& recipient : mail.recipients) {
    if (RcptTo(recipient, queue_id) != 'c') continue;
    queue_id = mail.queue_id;
    any = true;
  }
  if (!any) return {last_};
  if ((agreed_.protocol & kNoData) == 0) {
    Send('T');
    Read();
  }
  for (const auto& [name, value] : mail.fields) {
    if (Header(name, value) != 'c') return {last_};
  }
  if ((agreed_.protocol & kNoEoh) == 0) {
    Send('N');
    Read();
  }
  for (std::size_t at = 0; at < mail.body.size(); at += 65535) {
    if (Body(std::string_view(mail.body).substr(at, 65535)) != 'c') return {last_};
  }
  return End(mail.queue_id);
}

bool MilterClient::Open() {
  return Negotiate().ok && Connect() == 'c' && Helo() == 'c';
}

}  // namespace warifu::test
