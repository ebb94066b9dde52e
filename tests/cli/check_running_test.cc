// The handshake and the lookup against what may answer there: a milter, nobody, somebody silent,
// somebody else. The real daemon answers in the live tests.
#include "cli/check_running.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <cstring>
#include <thread>

#include "base/unique_fd.h"
#include "check_mta_fixture.h"
#include "tool.h"

namespace warifu::cli {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

constexpr milliseconds kLong{5000}, kShort{200};

// Takes one connection, reads `wanted` bytes of it, answers, and keeps what comes after.
class Peer {
 public:
  Peer(const std::string& path, std::size_t wanted, std::string answer, bool stay = false) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    fd_.Reset(::socket(AF_UNIX, SOCK_STREAM, 0));
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd_.get(), 1), 0);
    thread_ = std::jthread([this, wanted, stay, answer = std::move(answer)] {
      const UniqueFd client(::accept(fd_.get(), nullptr, nullptr));
      std::array<char, 4096> buffer;
      std::size_t have = 0;
      while (have < wanted) {
        const ssize_t n = ::read(client.get(), buffer.data(), buffer.size());
        if (n <= 0) break;
        have += static_cast<std::size_t>(n);
      }
      std::ignore = ::send(client.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
      while (stay || have < wanted + 5) {  // a quit has five bytes
        const ssize_t n = ::read(client.get(), buffer.data(), buffer.size());
        if (n <= 0) break;
        after_.append(buffer.data(), static_cast<std::size_t>(n));
        have += static_cast<std::size_t>(n);
      }
    });
  }
  std::string After() {
    thread_.join();
    return after_;
  }

 private:
  UniqueFd fd_;
  std::string after_;
  std::jthread thread_;
};

class CheckRunningTest : public ToolTest {
 protected:
  std::string Address(const char* name) const { return "unix:" + Path(name); }
  std::string Path(const char* name) const { return folder_ + "/" + name; }
};

constexpr std::size_t kOffer = 17;
const std::string kAgreed("\0\0\0\x0dO\0\0\0\6\0\0\0\1\0\0\0\0", 17);

TEST_F(CheckRunningTest, AMilterIsGreetedAndLeft) {
  Peer peer(Path("s"), kOffer, kAgreed);
  EXPECT_EQ(ShakeHands(Address("s"), kLong).value_or(-1), 6);
  EXPECT_EQ(peer.After(), std::string("\0\0\0\1Q", 5));
}

TEST_F(CheckRunningTest, WhoIsNoMilterIsTold) {
  Peer smtp(Path("a"), 0, "220 mx.example.jp ESMTP\r\n");
  EXPECT_EQ(ShakeHands(Address("a"), kLong).error().kind, ErrorKind::kInvalid);
  Peer huge(Path("b"), kOffer, std::string("\x7f\xff\xff\xffO", 5));
  EXPECT_EQ(ShakeHands(Address("b"), kLong).error().kind, ErrorKind::kInvalid);
  Peer gone(Path("c"), kOffer + 5, "");
  EXPECT_EQ(ShakeHands(Address("c"), kShort).error().kind, ErrorKind::kTemporary);
  Peer half(Path("d"), kOffer, kAgreed.substr(0, 9), true);
  EXPECT_EQ(ShakeHands(Address("d"), kShort).error().kind, ErrorKind::kTemporary);
  EXPECT_EQ(ShakeHands(Address("e"), kShort).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(ShakeHands("inet:9@192.0.2.x", kShort).error().kind, ErrorKind::kInvalid);
  EXPECT_EQ(ShakeHands(Address(std::string(200, 'x').c_str()), kShort).error().kind,
            ErrorKind::kInvalid);
}

TEST_F(CheckRunningTest, ASocketmapIsAsked) {
  Peer peer(Path("a"), 12, "9:NOTFOUND ,");
  EXPECT_EQ(AskSocketmap(Address("a"), "k@x", kLong).value_or("?"), "NOTFOUND ");
  int number = 0;
  for (const char* answer : {"x", "99999999:", ":", "2:abc"}) {
    const std::string name = "s" + std::to_string(++number);
    Peer wrong(Path(name.c_str()), 12, answer);
    EXPECT_EQ(AskSocketmap(Address(name.c_str()), "k@x", kLong).error().kind, ErrorKind::kInvalid)
        << answer;
  }
}

TEST_F(CheckRunningTest, ASilentDaemonIsAWarningAndAStrangerAnError) {
  app::Settings settings = app::DefaultSettings();
  settings.control_socket = Path("control");
  settings.socket.address = Address("s");
  const CheckReport down = CheckRunning(settings, "");
  EXPECT_EQ(LevelOf(down, "silent"), CheckLevel::kWarning);
  EXPECT_THAT(RemediesOf(down, "silent"), HasSubstr("systemctl start warifu-milter"));
  Peer smtp(Path("s"), 0, "220 mx.example.jp ESMTP\r\n");
  EXPECT_EQ(LevelOf(CheckRunning(settings, ""), "silent"), CheckLevel::kError);
}

}  // namespace
}  // namespace warifu::cli
