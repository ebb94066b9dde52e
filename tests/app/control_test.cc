#include "app/control.h"

#include <gmock/gmock.h>
#include <grp.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>

#include "app/control_wire.h"
#include "base/unique_fd.h"

namespace warifu::app {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

class ControlTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/warifu-control-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    folder_ = name;
    ::chmod(name, 0755);
    options_.path = folder_ + "/control.sock";
  }
  void TearDown() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }
  void Start(std::map<std::string, ControlHandler> handlers = {}) {
    handlers.emplace("status", [](const ControlCall&) { return R"({"pid":7})"; });
    auto server = StartControlServer(options_, std::move(handlers));
    ASSERT_TRUE(server) << server.error().ToString();
    server_ = std::move(*server);
  }
  UniqueFd Connect() {
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, options_.path.data(), options_.path.size());
    EXPECT_EQ(0, ::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address));
    const timeval wait{5, 0};
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    return fd;
  }
  // Everything that comes until the server closes.
  static std::string Drain(int fd) {
    std::string all;
    char buffer[4096];
    for (ssize_t n; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) {
      all.append(buffer, static_cast<std::size_t>(n));
    }
    return all;
  }
  // On a machine so busy that the call itself exceeds the server's short time, it is repeated.
  void ExpectAlive() {
    ControlAnswer answer = CallDaemon(options_.path, "status");
    for (int again = 0; again < 20 && !answer && answer.error()[0].kind == ErrorKind::kTemporary;
         ++again) {
      answer = CallDaemon(options_.path, "status");
    }
    ASSERT_TRUE(answer) << answer.error()[0].text;
    EXPECT_EQ(*answer, R"({"pid":7})");
  }

  std::string folder_;
  ControlOptions options_;
  std::unique_ptr<ControlServer> server_;
};

TEST_F(ControlTest, AnswersAndPassesArgumentsAndPeer) {
  ControlCall seen;
  Start({{"echo", [&](const ControlCall& call) {
            seen = call;
            return call.arguments;
          }}});
  const ControlAnswer answer = CallDaemon(options_.path, "echo", R"({"a":[1,"二"]})");
  ASSERT_TRUE(answer);
  EXPECT_EQ(*answer, R"({"a":[1,"二"]})");
  EXPECT_EQ(seen.peer.uid, ::geteuid());
  EXPECT_EQ(seen.peer.pid, ::getpid());
}

TEST_F(ControlTest, PassesEveryErrorWithItsPlace) {
  Start({{"reload", [](const ControlCall&) -> ControlAnswer {
            return std::unexpected(Errors{{ErrorKind::kInvalid, "bad", {"a.conf", 3, 4}},
                                          {ErrorKind::kSystem, "worse", {}}});
          }}});
  const ControlAnswer answer = CallDaemon(options_.path, "reload");
  ASSERT_FALSE(answer);
  ASSERT_EQ(answer.error().size(), 2u);
  EXPECT_EQ(answer.error()[0].ToString(), "a.conf:3:4: bad");
  EXPECT_EQ(answer.error()[1].kind, ErrorKind::kSystem);
}

TEST_F(ControlTest, SaysWhenNoDaemonRuns) {
  const ControlAnswer absent = CallDaemon(options_.path, "status");
  ASSERT_FALSE(absent);
  EXPECT_EQ(absent.error()[0].kind, ErrorKind::kNotFound);
  EXPECT_THAT(absent.error()[0].text, HasSubstr("not running"));
  Start();
  server_->Stop();
  EXPECT_FALSE(std::filesystem::exists(options_.path));
}

TEST_F(ControlTest, NamesKnownCommandsForAnUnknownOne) {
  Start();
  const ControlAnswer answer = CallDaemon(options_.path, "stauts");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error()[0].text, HasSubstr("status"));
}

TEST_F(ControlTest, AHandlerThatThrowsIsAnInternalError) {
  Start({{"boom", [](const ControlCall&) -> ControlAnswer { throw std::runtime_error("no"); }}});
  const ControlAnswer answer = CallDaemon(options_.path, "boom");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error()[0].kind, ErrorKind::kInternal);
  ExpectAlive();
}

TEST_F(ControlTest, SocketHasItsModeAndNoWiderOneBefore) {
  const mode_t old = ::umask(0);
  Start();
  ::umask(old);
  struct stat status{};
  ASSERT_EQ(0, ::stat(options_.path.c_str(), &status));
  EXPECT_EQ(status.st_mode & 07777, 0660u);
}

TEST_F(ControlTest, RefusesAFileInItsPlace) {
  std::ofstream(options_.path) << "precious";
  const auto server = StartControlServer(options_, {});
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().text, HasSubstr("not a socket"));
  EXPECT_EQ(std::filesystem::file_size(options_.path), 8u);
}

TEST_F(ControlTest, ASecondServerTakesOverAndTheFirstLeavesItsName) {
  Start();
  auto second = StartControlServer(
      options_, {{"who", [](const ControlCall&) { return R"({"who":"second"})"; }}});
  ASSERT_TRUE(second) << second.error().ToString();
  server_->Stop();
  const ControlAnswer answer = CallDaemon(options_.path, "who");
  ASSERT_TRUE(answer) << answer.error()[0].text;
}

TEST_F(ControlTest, SeveralRequestsOnOneConnectionInOrder) {
  Start({{"echo", [](const ControlCall& call) { return call.arguments; }}});
  UniqueFd fd = Connect();
  std::string lines;
  for (int i = 0; i < 50; ++i) {
    lines += WriteRequest("echo", "{\"n\":" + std::to_string(i) + "}") + "\n";
  }
  ASSERT_EQ(::send(fd.get(), lines.data(), lines.size(), 0), static_cast<ssize_t>(lines.size()));
  ::shutdown(fd.get(), SHUT_WR);
  const std::string all = Drain(fd.get());
  std::size_t at = 0;
  for (int i = 0; i < 50; ++i) {
    at = all.find("{\"n\":" + std::to_string(i) + "}", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(ControlTest, GarbageIsAnsweredWithAnError) {
  Start();
  for (const std::string& line :
       {std::string("hello"), std::string("\0\xff\xfe", 3), std::string("[]"), std::string("{}"),
        std::string(R"({"version":99,"command":"status"})"), std::string(R"({"version":1})"),
        std::string(R"({"version":1,"command":7})"),
        std::string(R"({"version":1e99,"command":""})"),
        std::string(R"({"version":1,"command":"status","arguments":[]})"), std::string(60'000, '['),
        std::string()}) {
    UniqueFd fd = Connect();
    const std::string bytes = line + "\n";
    ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::shutdown(fd.get(), SHUT_WR);
    EXPECT_THAT(Drain(fd.get()), HasSubstr("\"ok\":false")) << line.substr(0, 80);
  }
  ExpectAlive();
}

TEST_F(ControlTest, AnEndlessLineIsCutAtTheLimit) {
  Start();
  UniqueFd fd = Connect();
  const std::string block(64 * 1024, 'a');
  std::size_t sent = 0;
  for (ssize_t n; sent < (64u << 20) &&
                  (n = ::send(fd.get(), block.data(), block.size(), MSG_NOSIGNAL)) > 0;) {
    sent += static_cast<std::size_t>(n);
  }
  EXPECT_LT(sent, kMaxRequest + (4u << 20));  // no more than buffers hold
  ExpectAlive();
}

TEST_F(ControlTest, ARequestOfManyThousandLinesIsTakenWhole) {
  const auto got = std::make_shared<std::string>();  // outlives a call that is given up
  Start({{"echo", [got](const ControlCall& call) {
            *got = call.arguments;
            return "{}";
          }}});
  const std::string arguments = R"({"text":")" + std::string(kMaxRequest - 1000, 'a') + "\"}";
  options_.timeout = milliseconds(10'000);
  const ControlAnswer answer = CallDaemon(options_.path, "echo", arguments);
  ASSERT_TRUE(answer) << answer.error()[0].text;
  EXPECT_EQ(*got, arguments);
}

TEST_F(ControlTest, TellsWhetherADaemonRuns) {
  EXPECT_EQ(DaemonRuns(options_.path).value_or(true), false);
  Start();
  EXPECT_EQ(DaemonRuns(options_.path).value_or(false), true);
  ExpectAlive();
}

TEST_F(ControlTest, ASlowPeerIsClosedAndDisturbsNobody) {
  options_.timeout = milliseconds(400);
  Start();
  UniqueFd slow = Connect();
  std::thread dripping([&] {
    const std::string request = WriteRequest("status", "{}");
    for (std::size_t i = 0; i < request.size(); ++i) {
      if (::send(slow.get(), &request[i], 1, MSG_NOSIGNAL) < 0) break;
      std::this_thread::sleep_for(milliseconds(200));
    }
  });
  ExpectAlive();
  EXPECT_EQ(Drain(slow.get()), "");  // closed long before its request was whole
  dripping.join();
}

TEST_F(ControlTest, APeerThatNeverReadsIsClosed) {
  options_.timeout = milliseconds(400);
  // More than a socket holds, and no more: a sanitizer's build takes seconds to write each MiB.
  Start({{"big",
          [](const ControlCall&) { return R"({"x":")" + std::string(1u << 20, 'x') + "\"}"; }}});
  UniqueFd fd = Connect();
  const std::string line = WriteRequest("big", "{}") + "\n";
  ::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL);
  // Closed by the server, though nothing was read here.
  pollfd closed{fd.get(), POLLRDHUP, 0};
  EXPECT_EQ(::poll(&closed, 1, 120'000), 1);
  ExpectAlive();
  EXPECT_LT(Drain(fd.get()).size(), 1u << 20);
}

// A request that came while a handler ran was once taken for one that never came: the server looked
// at the time first and then at the connection.
TEST_F(ControlTest, ARequestThatWaitedForALongHandlerIsAnswered) {
  options_.timeout = milliseconds(1000);
  std::atomic<bool> running = false;
  std::atomic<bool> sent = false;
  Start({{"slow", [&](const ControlCall&) {
            running = true;
            while (!sent) std::this_thread::sleep_for(milliseconds(1));
            std::this_thread::sleep_for(milliseconds(1100));
            return R"({"slow":1})";
          }}});
  // Connections are accepted in order: when the slow call runs, the one before it is known.
  UniqueFd waiting = Connect();
  UniqueFd slow = Connect();
  const auto send = [](const UniqueFd& fd, const char* command) {
    const std::string line = WriteRequest(command, "{}") + "\n";
    EXPECT_EQ(::send(fd.get(), line.data(), line.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(line.size()));
    ::shutdown(fd.get(), SHUT_WR);
  };
  send(slow, "slow");
  while (!running) std::this_thread::sleep_for(milliseconds(1));
  send(waiting, "status");
  sent = true;
  EXPECT_THAT(Drain(waiting.get()), HasSubstr(R"({"pid":7})"));
  EXPECT_THAT(Drain(slow.get()), HasSubstr(R"({"slow":1})"));
}

TEST_F(ControlTest, ConnectionsOfOneUserAreCapped) {
  options_.max_per_uid = 3;
  Start();
  std::vector<UniqueFd> held;
  for (int i = 0; i < 3; ++i) held.push_back(Connect());
  EXPECT_THAT(Drain(Connect().get()), HasSubstr("too many"));
  held.clear();
  ExpectAlive();  // the places are free at once
}

TEST_F(ControlTest, StopWaitsForTheRunningHandler) {
  std::atomic<bool> running = false, done = false;
  Start({{"slow", [&](const ControlCall&) {
            running = true;
            std::this_thread::sleep_for(milliseconds(200));
            done = true;
            return "{}";
          }}});
  std::thread caller([&] { (void)CallDaemon(options_.path, "slow"); });
  while (!running) std::this_thread::yield();
  server_->Stop();
  EXPECT_TRUE(done);
  caller.join();
}

// Calls as another user in a child process; returns what came back, or the error's text.
std::string CallAs(uid_t uid, gid_t gid, const std::vector<gid_t>& groups,
                   const std::string& path) {
  int ends[2];
  if (::pipe(ends) != 0) return "pipe";
  const pid_t child = ::fork();
  if (child == 0) {
    std::string text = "setup";
    if (::setgroups(groups.size(), groups.data()) == 0 && ::setgid(gid) == 0 &&
        ::setuid(uid) == 0) {
      const ControlAnswer answer = CallDaemon(path, "status");
      text = answer ? *answer : answer.error()[0].text;
    }
    [[maybe_unused]] const ssize_t n = ::write(ends[1], text.data(), text.size());
    ::_exit(0);
  }
  ::close(ends[1]);
  char buffer[1024];
  const ssize_t n = ::read(ends[0], buffer, sizeof buffer);
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  return std::string(buffer, n > 0 ? static_cast<std::size_t>(n) : 0);
}

TEST_F(ControlTest, OnlyRootTheDaemonAndTheGroupMayCall) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root to become other users";
  options_.group = "daemon";
  options_.mode = 0666;  // the mode of the file alone must not open the door
  Start();
  constexpr uid_t kNobody = 65534;
  const gid_t daemon = 1;
  EXPECT_EQ(CallAs(0, 0, {}, options_.path), R"({"pid":7})");
  EXPECT_EQ(CallAs(kNobody, daemon, {}, options_.path), R"({"pid":7})");
  EXPECT_EQ(CallAs(kNobody, kNobody, {daemon}, options_.path), R"({"pid":7})");
  EXPECT_THAT(CallAs(kNobody, kNobody, {}, options_.path), HasSubstr("permission denied"));
  ::chmod(options_.path.c_str(), 0660);
  EXPECT_THAT(CallAs(kNobody, kNobody, {}, options_.path), HasSubstr("member of the group"));
}

TEST_F(ControlTest, AnUnknownGroupIsRefused) {
  options_.group = "no-such-group-here";
  const auto server = StartControlServer(options_, {});
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().kind, ErrorKind::kInvalid);
}

// Writing JSON down takes stack for each level: an optimised build had room for what fits into one
// request, a build without optimisation fell over it, and the tool over an answer of 16 MiB.
TEST(ControlWireTest, DeepRequestsAreRefused) {
  const auto nested = [](std::size_t depth) {
    return R"({"version":1,"command":"x","arguments":{"a":)" + std::string(depth, '[') +
           std::string(depth, ']') + "}}";
  };
  EXPECT_TRUE(ReadRequest(nested(20)));
  EXPECT_FALSE(ReadRequest(nested(40)));
  EXPECT_FALSE(ReadRequest(nested(32'000)));
  EXPECT_FALSE(ReadAnswer(R"({"ok":true,"result":{"a":)" + std::string(1'000'000, '[') +
                          std::string(1'000'000, ']') + "}}"));
}

TEST(ControlWireTest, HostileAnswersAreErrors) {
  for (const char* line :
       {"", "null", "{}", R"({"ok":1})", R"({"ok":true})", R"({"ok":true,"result":[]})",
        R"({"ok":false})", R"({"ok":false,"errors":{}})", R"({"ok":false,"errors":[]})"}) {
    const ControlAnswer answer = ReadAnswer(line);
    ASSERT_FALSE(answer) << line;
    EXPECT_EQ(answer.error()[0].kind, ErrorKind::kInternal) << line;
  }
  EXPECT_FALSE(ReadAnswer(R"({"ok":false,"errors":[1,{"text":2,"line":"x"}]})"));
}

}  // namespace
}  // namespace warifu::app
