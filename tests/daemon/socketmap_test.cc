// Socketmap: framing, and the server under clients that keep to no manners.
#include "daemon/socketmap.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <latch>
#include <stdexcept>
#include <thread>

#include "base/unique_fd.h"
#include "daemon/netstring.h"

namespace warifu::daemon {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Kind = SocketmapAnswer::Kind;

TEST(Netstring, TakesOneAfterTheOther) {
  std::string buffer = "3:a b,0:,12:hello world!,4:x", payload;
  EXPECT_EQ(TakeNetstring(&buffer, 100, &payload), Netstring::kWhole);
  EXPECT_EQ(payload, "a b");
  EXPECT_EQ(TakeNetstring(&buffer, 100, &payload), Netstring::kWhole);
  EXPECT_EQ(payload, "");
  EXPECT_EQ(TakeNetstring(&buffer, 100, &payload), Netstring::kWhole);
  EXPECT_EQ(payload, "hello world!");
  EXPECT_EQ(TakeNetstring(&buffer, 100, &payload), Netstring::kIncomplete);
  EXPECT_EQ(buffer, "4:x");
}

TEST(Netstring, NeedsEveryByte) {
  const std::string whole = "11:map a@b.c.d,";
  for (std::size_t n = 0; n < whole.size(); ++n) {
    std::string part = whole.substr(0, n), payload;
    EXPECT_EQ(TakeNetstring(&part, 100, &payload), Netstring::kIncomplete) << n;
    EXPECT_EQ(part.size(), n);
  }
}

TEST(Netstring, RefusesWhatIsNone) {
  for (std::string text : {"x", ":", "-1:", "1x", "01:a,", "00:,", "3:abcd", "3:abc.",
                           "101:", "9999999", "99999999999999999999:", " 3:abc,", "3 :abc,"}) {
    std::string payload;
    EXPECT_EQ(TakeNetstring(&text, 100, &payload), Netstring::kBroken) << text;
  }
}

TEST(Netstring, ReadsWhatItWrites) {
  for (const std::size_t size : {0u, 1u, 9u, 10u, 999u}) {
    std::string text = ToNetstring(std::string(size, ',')), payload;
    EXPECT_EQ(TakeNetstring(&text, 1000, &payload), Netstring::kWhole);
    EXPECT_EQ(payload.size(), size);
    EXPECT_EQ(text, "");
  }
}

// Deferred at "swapped@…", undecided at "unsure@…", throws at "throw@…", else unknown.
SocketmapAnswer Lookup(std::string_view key) {
  if (key.starts_with("swapped@")) return {Kind::kFound, "retry:4.7.1 wait"};
  if (key.starts_with("unsure@")) return {Kind::kTemporary, "no answer"};
  if (key.starts_with("throw@")) throw std::runtime_error("x");
  return {};
}

class Client {
 public:
  explicit Client(const std::string& path) : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    connected_ = connect(fd_.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  bool connected() const { return connected_; }
  // False where the server has closed already.
  bool TrySend(std::string_view bytes) {
    return send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  void Send(std::string_view bytes) { EXPECT_TRUE(TrySend(bytes)); }
  // The next answer; "closed" or "silent" (for the time given) where there is none.
  std::string Next(std::chrono::milliseconds time = 5000ms) {
    std::string payload;
    for (;;) {
      if (TakeNetstring(&in_, 100'000, &payload) == Netstring::kWhole) return payload;
      pollfd waiting{fd_.get(), POLLIN, 0};
      if (poll(&waiting, 1, static_cast<int>(time.count())) <= 0) return "silent";
      char buffer[4096];
      const ssize_t n = recv(fd_.get(), buffer, sizeof buffer, 0);
      if (n <= 0) return "closed";
      in_.append(buffer, static_cast<std::size_t>(n));
    }
  }
  std::string Ask(const std::string& key) {
    Send(ToNetstring("warifu " + key));
    return Next();
  }
  int fd() const { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::string in_;
  bool connected_ = false;
};

class SocketmapTest : public ::testing::Test {
 protected:
  SocketmapTest() { options_.address = "unix:" + path(); }
  ~SocketmapTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }
  std::string path() const { return folder_ + "/map.sock"; }
  void Start(SocketmapLookup lookup = Lookup) {
    auto server = StartSocketmap(options_, std::move(lookup));
    ASSERT_TRUE(server) << server.error().ToString();
    server_ = *std::move(server);
  }

  std::string folder_ = [] {
    char name[] = "/tmp/warifu-map-XXXXXX";
    return std::string(mkdtemp(name));
  }();
  SocketmapOptions options_;
  std::unique_ptr<SocketmapServer> server_;
};

TEST_F(SocketmapTest, AnswersAsPostfixReadsIt) {
  Start();
  Client client(path());
  EXPECT_EQ(client.Ask("swapped@example.jp"), "OK retry:4.7.1 wait");
  EXPECT_EQ(client.Ask("other@example.jp"), "NOTFOUND ");
  EXPECT_EQ(client.Ask("unsure@example.jp"), "TEMP no answer");
  EXPECT_THAT(client.Ask("throw@example.jp"), HasSubstr("TEMP "));
  EXPECT_EQ(client.Ask("*"), "NOTFOUND ");
  EXPECT_EQ(client.Ask("with space@example.jp"), "NOTFOUND ");
  EXPECT_EQ(server_->postfix_address(), "unix:" + path());
}

TEST_F(SocketmapTest, PutsRequestsTogetherAndTakesThemApart) {
  Start();
  Client slow(path());
  for (const char c : ToNetstring("m swapped@x.jp")) {
    slow.Send(std::string(1, c));
    std::this_thread::sleep_for(1ms);
  }
  EXPECT_EQ(slow.Next(), "OK retry:4.7.1 wait");
  Client many(path());
  many.Send(ToNetstring("m a@x.jp") + ToNetstring("m swapped@x.jp") + ToNetstring("m ") + "7:m b");
  EXPECT_EQ(many.Next(), "NOTFOUND ");
  EXPECT_EQ(many.Next(), "OK retry:4.7.1 wait");
  EXPECT_EQ(many.Next(), "NOTFOUND ");
  many.Send("@x.j,");
  EXPECT_EQ(many.Next(), "NOTFOUND ");
}

TEST_F(SocketmapTest, ClosesOnNonsense) {
  options_.max_key = 100;
  Start();
  for (const std::string& bytes :
       std::initializer_list<std::string>{"GET / HTTP/1.0\r\n\r\n", "999999999:", "117:", "3:abc,",
                                          "3:abcd,", std::string("\0\0\0\1Q", 5)}) {
    Client client(path());
    client.Send(bytes);
    EXPECT_EQ(client.Next(), "closed") << bytes;
  }
  Client last(path());
  EXPECT_EQ(last.Ask(std::string(100, 'a')), "NOTFOUND ");
}

TEST_F(SocketmapTest, ClosesWhoIsSlowOrIdle) {
  options_.request_timeout = 100ms;
  options_.idle_timeout = 300ms;
  Start();
  Client half(path());
  half.Send("20:m a");
  std::this_thread::sleep_for(60ms);
  half.Send("b");  // does not wind the clock up
  EXPECT_EQ(half.Next(150ms), "closed");
  Client idle(path());
  EXPECT_EQ(idle.Ask("a@x.jp"), "NOTFOUND ");
  EXPECT_EQ(idle.Next(150ms), "silent");
  EXPECT_EQ(idle.Next(1000ms), "closed");
}

TEST_F(SocketmapTest, ClosesWhoDoesNotTakeItsAnswers) {
  options_.request_timeout = 200ms;
  Start([](std::string_view) {
    return SocketmapAnswer{Kind::kFound, "retry:4.7.1 " + std::string(50'000, 'x')};
  });
  Client greedy(path());
  const std::string request = ToNetstring("m a@x.jp");
  // Stops accepting at some point, and is closed then.
  bool closed = false;
  for (int i = 0; i < 10'000 && !closed; ++i) {
    closed = send(greedy.fd(), request.data(), request.size(), MSG_NOSIGNAL | MSG_DONTWAIT) < 0 &&
             errno == EPIPE;
    if (!closed && i > 100) std::this_thread::sleep_for(1ms);
  }
  EXPECT_TRUE(closed);
  EXPECT_TRUE(Client(path()).connected());
}

TEST_F(SocketmapTest, CapsConnections) {
  options_.max_connections = 3;
  Start();
  std::vector<Client> clients;
  for (int i = 0; i < 3; ++i) {
    clients.emplace_back(path());
    EXPECT_EQ(clients.back().Ask("a@x.jp"), "NOTFOUND ");
  }
  EXPECT_EQ(Client(path()).Next(), "closed");
  clients.pop_back();
  std::string answer = "closed";
  for (int i = 0; i < 100 && answer == "closed"; ++i) {
    Client again(path());
    // Until the server has seen the one that left, it may close this one before it could ask.
    if (again.TrySend(ToNetstring("m a@x.jp"))) answer = again.Next();
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_EQ(answer, "NOTFOUND ");
}

TEST_F(SocketmapTest, ServesOthersWhileOneLookupWaits) {
  std::latch entered(1), leave(1);
  options_.threads = 2;
  Start([&](std::string_view key) -> SocketmapAnswer {
    if (key == "slow@x.jp") {
      entered.count_down();
      leave.wait();
    }
    return {};
  });
  Client slow(path());
  slow.Send(ToNetstring("m slow@x.jp"));
  entered.wait();
  Client other(path());
  EXPECT_EQ(other.Ask("a@x.jp"), "NOTFOUND ");
  EXPECT_EQ(slow.Next(20ms), "silent");
  leave.count_down();
  EXPECT_EQ(slow.Next(), "NOTFOUND ");
}

TEST_F(SocketmapTest, TakesModeAndNameAndGivesThemBack) {
  options_.mode = 0600;
  Start();
  struct stat status{};
  ASSERT_EQ(lstat(path().c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
  Client client(path());
  EXPECT_EQ(client.Ask("a@x.jp"), "NOTFOUND ");
  server_->Stop();
  EXPECT_EQ(client.Next(), "closed");
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
  server_->Stop();  // again is nothing
}

TEST_F(SocketmapTest, RefusesAnAddressThatOthersReach) {
  options_.address = "inet:8890@192.0.2.1";
  auto server = StartSocketmap(options_, Lookup);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().text, HasSubstr("other machines"));
  options_.address = "unix:/nonexistent/map.sock";
  EXPECT_FALSE(StartSocketmap(options_, Lookup));
}

TEST_F(SocketmapTest, AnswersOverTcpAtOnce) {
  for (unsigned port = 45'000; port < 45'100 && !server_; ++port) {
    options_.address = "inet:" + std::to_string(port) + "@127.0.0.1";
    if (auto server = StartSocketmap(options_, Lookup)) server_ = *std::move(server);
  }
  ASSERT_TRUE(server_);
  EXPECT_THAT(server_->postfix_address(), HasSubstr("inet:127.0.0.1:45"));
  UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<std::uint16_t>(
      std::stoi(server_->postfix_address().substr(server_->postfix_address().rfind(':') + 1))));
  inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
  ASSERT_EQ(connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
  const std::string request = ToNetstring("m swapped@x.jp");
  ASSERT_GT(send(fd.get(), request.data(), request.size(), 0), 0);
  char buffer[100];
  const ssize_t n = recv(fd.get(), buffer, sizeof buffer, 0);
  ASSERT_GT(n, 0);
  EXPECT_EQ(std::string_view(buffer, static_cast<std::size_t>(n)), "19:OK retry:4.7.1 wait,");
}

}  // namespace
}  // namespace warifu::daemon
