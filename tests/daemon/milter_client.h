// MilterClient: the MTA's side of the milter protocol, raw, as Postfix speaks it: one write a
// command (its macros before it), and waiting for a reply exactly where one was agreed on.
//
// Every reading has a limit in time; a broken connection shows as an empty answer, not as an
// exception. Threads: one client a thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace warifu::test {

struct Packet {
  char command = 0;  // 0: none came (end of file, error, time-out)
  std::string data;
};

// What the filter agreed to.
struct Agreed {
  bool ok = false;
  std::uint32_t version = 0, actions = 0, protocol = 0;
  std::map<std::uint32_t, std::string> macro_lists;  // stage → list
};

struct Mail {
  std::string login, queue_id = "4QID", sender = "<a@example.jp>";
  std::vector<std::string> recipients = {"<b@example.com>"};
  std::vector<std::pair<std::string, std::string>> fields = {{"From", " a@example.jp"},
                                                             {"Subject", " test"}};
  std::string body = "hello\r\n";
};

class MilterClient {
 public:
  // "unix:/path", "inet:127.0.0.1:port", "inet:[::1]:port".
  explicit MilterClient(const std::string& address, int timeout_ms = 10000);
  ~MilterClient();
  MilterClient(const MilterClient&) = delete;
  MilterClient& operator=(const MilterClient&) = delete;

  bool connected() const { return fd_ >= 0; }
  void Close();
  bool SendRaw(std::string_view bytes);
  bool Send(char command, std::string_view data = {});
  Packet Read();
  // True when the filter has closed the connection within the time-out.
  bool ReadsEnd();

  Agreed Negotiate(std::uint32_t version = 6, std::uint32_t actions = 0x1FF,
                   std::uint32_t protocol = 0x1FFFFF);
  // Each returns the reply's command ('c' where none was agreed on), 0 on a broken connection.
  char Connect(std::string_view host = "client.example", std::string_view address = "192.0.2.1",
               std::string_view daemon_name = "smtpd");
  char Helo(std::string_view name = "client.example");
  char MailFrom(const Mail& mail);
  char RcptTo(std::string_view recipient, std::string_view queue_id);
  char Header(std::string_view name, std::string_view value);
  char Body(std::string_view chunk);
  // All packets up to the final one.
  std::vector<Packet> End(std::string_view queue_id = "4QID");
  // A whole message on an open session; the packets of its end, or the refusal that ended it.
  std::vector<Packet> Message(const Mail& mail);
  // Negotiate, Connect, Helo.
  bool Open();

  const Packet& last() const { return last_; }  // the last reply read, with its text
  // Doubles, as libmilter wants them: name, value, name, value…
  static std::string Strings(const std::vector<std::string>& strings);

 private:
  char Answer(std::uint32_t no_reply_bit);
  bool SendWithMacros(char command, const std::vector<std::string>& macros, std::string_view data);
  bool Wait(short events);
  bool ReadExactly(char* to, std::size_t size);

  int fd_ = -1;
  int timeout_ms_;
  Agreed agreed_;
  Packet last_;
};

}  // namespace warifu::test
