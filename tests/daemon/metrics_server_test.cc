// Metrics server: what a reader of HTTP gets, and what a bad one does not.
#include "daemon/metrics_server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "base/unique_fd.h"
#include "daemon/http_request.h"

namespace warifu::daemon {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(HttpRequest, TheRequestLineDecides) {
  const auto read = [](std::string_view text) { return ReadHttpRequest(text, "/metrics"); };
  EXPECT_EQ(read("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), HttpRequest::kGet);
  EXPECT_EQ(read("GET /metrics HTTP/1.0\n\n"), HttpRequest::kGet);
  EXPECT_EQ(read("GET /metrics?name=x HTTP/1.1\r\n\r\n"), HttpRequest::kGet);
  EXPECT_EQ(read("HEAD /metrics HTTP/1.1\r\n\r\n"), HttpRequest::kHead);
  EXPECT_EQ(read("POST /metrics HTTP/1.1\r\n\r\n"), HttpRequest::kNotAllowed);
  EXPECT_EQ(read("GET / HTTP/1.1\r\n\r\n"), HttpRequest::kNotFound);
  EXPECT_EQ(read("GET /metrics/../etc HTTP/1.1\r\n\r\n"), HttpRequest::kNotFound);
  EXPECT_EQ(read("GET /metricsx HTTP/1.1\r\n\r\n"), HttpRequest::kNotFound);
  for (const char* broken : {"\r\n\r\n", "GET\r\n\r\n", "GET /metrics\r\n\r\n",
                             " /metrics HTTP/1.1\n\n", "GET /metrics HTTP/2\r\n\r\n",
                             "GET /metrics SMTP/1.1\r\n\r\n", "QUIT\r\n\r\n", "HTTP/1.1\r\n\r\n"}) {
    EXPECT_EQ(read(broken), HttpRequest::kBroken) << broken;
  }
  for (const char* part :
       {"", "GET", "GET /metrics HTTP/1.1", "GET /metrics HTTP/1.1\r\nHost: x\r\n"}) {
    EXPECT_EQ(read(part), HttpRequest::kIncomplete) << part;
  }
}

TEST(HttpRequest, AnAnswerSaysItsLengthAndThatItIsTheLast) {
  EXPECT_EQ(HttpAnswer(HttpRequest::kGet, "text/x", "abc"),
            "HTTP/1.1 200 OK\r\nContent-Type: text/x\r\nContent-Length: 3\r\n"
            "Connection: close\r\n\r\nabc");
  EXPECT_THAT(HttpAnswer(HttpRequest::kHead, "text/x", "abc"), EndsWith("close\r\n\r\n"));
  EXPECT_THAT(HttpAnswer(HttpRequest::kHead, "text/x", "abc"), HasSubstr("Content-Length: 3"));
  EXPECT_THAT(HttpAnswer(HttpRequest::kNotFound, "text/x", ""), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(HttpAnswer(HttpRequest::kNotAllowed, "text/x", ""), HasSubstr("Allow: GET, HEAD"));
  EXPECT_THAT(HttpAnswer(HttpRequest::kBroken, "text/x", ""), StartsWith("HTTP/1.1 400 "));
}

class MemoryLog final : public incident::Log {
 public:
  void Write(incident::Level, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    text_.append(text).append("\n");
  }
  void SetLevel(incident::Level) override {}
  Result<void> Reopen() override { return {}; }
  std::string text() const {
    const std::lock_guard lock(mutex_);
    return text_;
  }

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

class MetricsServerTest : public ::testing::Test {
 protected:
  MetricsServerTest() {
    char path[] = "/tmp/warifu-metrics-XXXXXX";
    folder_ = mkdtemp(path);
    options_.address = "unix:" + folder_ + "/metrics.sock";
    options_.timeout = milliseconds(3'000);
    options_.again = milliseconds(50);
  }
  ~MetricsServerTest() override {
    server_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Start() {
    auto server = StartMetrics(options_, [this] { return text_(); }, log_);
    ASSERT_TRUE(server) << server.error().ToString();
    server_ = *std::move(server);
  }

  UniqueFd Connect() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    (folder_ + "/metrics.sock").copy(address.sun_path, sizeof address.sun_path - 1);
    UniqueFd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int status = connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address);
    if (status != 0) fd.Reset();
    const timeval wait{.tv_sec = 10, .tv_usec = 0};
    if (fd) setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    return fd;
  }

  static void Say(const UniqueFd& fd, std::string_view text) {
    std::ignore = send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL);
  }
  // To the end of the connection.
  static std::string Hear(const UniqueFd& fd) {
    std::string all;
    char buffer[65536];
    for (ssize_t n = 0; (n = recv(fd.get(), buffer, sizeof buffer, 0)) > 0;) {
      all.append(buffer, static_cast<std::size_t>(n));
    }
    return all;
  }
  std::string Ask(std::string_view request) const {
    const UniqueFd fd = Connect();
    Say(fd, request);
    return Hear(fd);
  }

  std::string folder_;
  MetricsOptions options_;
  std::function<std::string()> text_ = [] { return std::string("a 1\n"); };
  MemoryLog log_;
  std::unique_ptr<MetricsServer> server_;
};

constexpr std::string_view kGet = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

TEST_F(MetricsServerTest, AnswersOneRequestAConnection) {
  Start();
  for (int i = 0; i < 3; ++i) {
    const std::string answer = Ask(kGet);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\na 1\n"));
  }
  EXPECT_THAT(Ask("GET /favicon.ico HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 404 "));
  EXPECT_THAT(Ask("DELETE /metrics HTTP/1.1\r\n\r\n"), StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(log_.text(), HasSubstr("metrics are served at unix:" + folder_));
}

TEST_F(MetricsServerTest, AConnectionBehindALongPauseHasItsWholeTime) {
  options_.timeout = milliseconds(300);
  Start();
  std::this_thread::sleep_for(milliseconds(600));
  const UniqueFd fd = Connect();
  std::this_thread::sleep_for(milliseconds(50));
  Say(fd, kGet);
  EXPECT_THAT(Hear(fd), EndsWith("a 1\n"));
}

TEST_F(MetricsServerTest, ARequestMayComeInPieces) {
  Start();
  const UniqueFd fd = Connect();
  for (const char c : kGet) {
    Say(fd, std::string_view(&c, 1));
    std::this_thread::sleep_for(milliseconds(1));
  }
  EXPECT_THAT(Hear(fd), EndsWith("a 1\n"));
}

TEST_F(MetricsServerTest, AnAnswerOfMegabytesArrivesWhole) {
  const std::string big(8u << 20, 'x');
  text_ = [&] { return big; };
  Start();
  const UniqueFd fd = Connect();
  Say(fd, kGet);
  std::this_thread::sleep_for(milliseconds(50));
  EXPECT_THAT(Hear(fd), EndsWith(std::string(1'000, 'x')));
  EXPECT_GT(Ask(kGet).size(), big.size());
}

TEST_F(MetricsServerTest, ARequestWithoutAnEndIsRefused) {
  Start();
  EXPECT_THAT(Ask("GET /metrics HTTP/1.1\r\nX: " + std::string(20'000, 'y')),
              StartsWith("HTTP/1.1 400 "));
}

TEST_F(MetricsServerTest, ASlowReaderIsClosedAndKeepsNobody) {
  options_.timeout = milliseconds(200);
  options_.max_connections = 3;
  Start();
  std::vector<UniqueFd> idle;
  for (int i = 0; i < 5; ++i) idle.push_back(Connect());
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_THAT(Ask(kGet), EndsWith("a 1\n")) << "it waits until those before it have had their time";
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(5));
  for (const UniqueFd& fd : idle) EXPECT_EQ(Hear(fd), "");
}

TEST_F(MetricsServerTest, WhatThrowsIsAnError) {
  text_ = []() -> std::string { throw std::runtime_error("no"); };
  Start();
  EXPECT_THAT(Ask(kGet), StartsWith("HTTP/1.1 500 "));
  text_ = [] { return std::string("b 2\n"); };
  EXPECT_THAT(Ask(kGet), EndsWith("b 2\n"));
}

TEST_F(MetricsServerTest, TheSocketHasItsModeAndGoesWithTheServer) {
  options_.mode = 0640;
  Start();
  struct stat status{};
  ASSERT_EQ(stat((folder_ + "/metrics.sock").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
  server_->Stop();
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(MetricsServerTest, AddressesThatOthersReachAreRefused) {
  for (const char* address : {"inet:9811@0.0.0.0", "inet:9811@192.0.2.1", "inet6:9811@[::]",
                              "inet:9811@", "tcp:9811", ""}) {
    options_.address = address;
    EXPECT_FALSE(StartMetrics(options_, text_, log_)) << address;
  }
}

// A port of loopback that was free a moment ago, and a listener on it.
struct Taken {
  UniqueFd fd;
  int port = 0;
};
Taken TakePort() {
  Taken taken{UniqueFd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0))};
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  EXPECT_EQ(bind(taken.fd.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(taken.fd.get(), 1), 0);
  EXPECT_EQ(getsockname(taken.fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  taken.port = ntohs(address.sin_port);
  return taken;
}

TEST_F(MetricsServerTest, APortThatIsTakenIsTriedAgain) {
  Taken taken = TakePort();
  options_.address = "inet:" + std::to_string(taken.port) + "@127.0.0.1";
  Start();
  EXPECT_THAT(log_.text(), HasSubstr("metrics are not served yet, tried again every second"));
  std::this_thread::sleep_for(milliseconds(120));
  taken.fd.Reset();
  std::string answer;
  for (int i = 0; i < 200 && answer.empty(); ++i) {
    std::this_thread::sleep_for(milliseconds(20));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(taken.port));
    const UniqueFd fd(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) continue;
    Say(fd, kGet);
    answer = Hear(fd);
  }
  EXPECT_THAT(answer, EndsWith("a 1\n"));
}

}  // namespace
}  // namespace warifu::daemon
