#include "cli/check_running.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "app/control.h"
#include "base/redact.h"
#include "base/unique_fd.h"
#include "cli/milter_list.h"

namespace warifu::cli {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;
using Steady = std::chrono::steady_clock;

constexpr milliseconds kPatience{3000};
constexpr std::size_t kMostAnswer = 64u << 10;

struct Target {
  sockaddr_storage address{};
  socklen_t length = 0;
};

template <typename T>
Target TargetOf(const T& address) {
  Target target;
  std::memcpy(&target.address, &address, sizeof address);
  target.length = sizeof address;
  return target;
}

Result<Target> ReadTarget(const std::string& address) {
  if (address.starts_with("unix:")) {
    sockaddr_un un{};
    un.sun_family = AF_UNIX;
    const std::string path = address.substr(5);
    if (path.size() >= sizeof un.sun_path) return Fail(ErrorKind::kInvalid, "the path is too long");
    std::memcpy(un.sun_path, path.c_str(), path.size() + 1);
    return TargetOf(un);
  }
  TcpPlace place = TcpPlaceOf(address);
  if (place.host == "0.0.0.0") place.host = "127.0.0.1";
  if (place.host == "::") place.host = "::1";
  std::uint16_t port = 0;
  std::from_chars(place.port.data(), place.port.data() + place.port.size(), port);
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  v4.sin_port = htons(port);
  if (::inet_pton(AF_INET, place.host.c_str(), &v4.sin_addr) == 1) return TargetOf(v4);
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  if (::inet_pton(AF_INET6, place.host.c_str(), &v6.sin6_addr) == 1) return TargetOf(v6);
  return Fail(ErrorKind::kInvalid, "the host is no address");
}

class Line {
 public:
  explicit Line(milliseconds timeout) : end_(Steady::now() + timeout) {}

  Result<void> Connect(const std::string& address) {
    const auto target = ReadTarget(address);
    if (!target) return std::unexpected(target.error());
    fd_.Reset(::socket(target->address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd_) return Fail(ErrorKind::kSystem, std::strerror(errno));
    const auto* to = reinterpret_cast<const sockaddr*>(&target->address);
    int error = ::connect(fd_.get(), to, target->length) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
      if (!Wait(POLLOUT)) return Late();
      socklen_t size = sizeof error;
      ::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == 0) return {};
    if (error == EAGAIN) return Late();  // the queue of a unix socket is full
    const bool absent = error == ENOENT || error == ECONNREFUSED;
    return Fail(absent ? ErrorKind::kNotFound : ErrorKind::kSystem, std::strerror(error));
  }

  Result<void> Send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
      if (n < 0 && errno == EAGAIN && Wait(POLLOUT)) continue;
      if (n < 0 && errno != EINTR) return Fail(ErrorKind::kTemporary, std::strerror(errno));
    }
    return {};
  }

  Result<std::string> Read(std::size_t count) {
    std::string bytes(count, '\0');
    std::size_t have = 0;
    while (have < count) {
      if (!Wait(POLLIN)) return std::unexpected(Late().error());
      const ssize_t n = ::recv(fd_.get(), bytes.data() + have, count - have, 0);
      if (n == 0) return Fail(ErrorKind::kTemporary, "closes the connection");
      if (n > 0) have += static_cast<std::size_t>(n);
      if (n < 0 && errno != EINTR && errno != EAGAIN) {
        return Fail(ErrorKind::kTemporary, std::strerror(errno));
      }
    }
    return bytes;
  }

 private:
  static std::unexpected<Error> Late() {
    return Fail(ErrorKind::kTemporary, "does not answer in time");
  }

  bool Wait(short what) const {
    const auto left = std::chrono::ceil<milliseconds>(end_ - Steady::now()).count();
    pollfd poll{fd_.get(), what, 0};
    return left > 0 && ::poll(&poll, 1, static_cast<int>(left)) > 0;
  }

  UniqueFd fd_;
  Steady::time_point end_;
};

std::string Number(std::uint32_t value) {
  value = htonl(value);
  std::string bytes(sizeof value, '\0');
  std::memcpy(bytes.data(), &value, sizeof value);
  return bytes;
}

std::uint32_t NumberAt(const std::string& bytes, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return ntohl(value);
}

// What it means for mail depends on the MTA, and is said there.
CheckLine Silent(const std::string& what, const std::string& address, const Error& error) {
  CheckLine line{CheckLevel::kWarning, what, address + ": ", {}, "silent"};
  switch (error.kind) {
    case ErrorKind::kNotFound:
      line.text += "nobody listens there: warifu-milter does not run";
      line.remedies.push_back({Remedy::Kind::kCommand, "systemctl start warifu-milter"});
      break;
    case ErrorKind::kInvalid:
      line.text += "who answers there is no milter: " + error.text;
      line.level = CheckLevel::kError;
      break;
    default:
      line.text += error.text;
  }
  return line;
}

// What the daemon itself complains of.
void CheckHealth(const Json& status, CheckReport* report) {
  const auto add = [&](const char* id, std::string text, const char* follows) {
    report->push_back({CheckLevel::kWarning, "daemon", std::move(text), {}, id, follows});
  };
  if (status.value("store", "") == "down") {
    add("store-down", "store: " + Printable(status.value("store_error", ""), 300),
        "what the ledger would tell is doubt: mail waits, or passes as faults.store says");
  }
  if (const auto seconds = status.value("directory_silent_seconds", 0L); seconds > 0) {
    add("directory-silent", "the directory has not answered for " + std::to_string(seconds) + " s",
        "owners are told by the ledger for directory.stale_for, and then not at all");
  }
  if (const auto lost = status.value("event_failures", 0L); lost > 0) {
    add("events-lost", std::to_string(lost) + " events could not be written since its start",
        "what was done with those mails is not on record");
  }
}

bool SameFile(const std::string& one, const std::string& other) {
  std::error_code error;
  return std::filesystem::equivalent(one, other, error) && !error;
}

// Another configuration than the daemon's is one that somebody tries out.
void CheckStatus(const app::Settings& settings, const std::string& rules_version,
                 CheckReport* report) {
  if (settings.control_socket.empty()) return;
  const auto answer = app::CallDaemon(settings.control_socket, "status", "{}", kPatience);
  if (!answer) return;  // not running, or this user may not ask: the socket has told
  const Json json = Json::parse(*answer, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return;
  CheckHealth(json, report);
  const std::string path = json.value("config", "");
  if (!SameFile(path, settings.path)) {
    report->push_back({CheckLevel::kNote, "daemon", "runs with another configuration", {path}});
    return;
  }
  const std::string serving = json.value("rules_version", "");
  const std::string mode = json.value("mode", "");
  const Remedy reload{Remedy::Kind::kCommand, "warifu reload"};
  if (!rules_version.empty() && serving != rules_version) {
    report->push_back(
        {CheckLevel::kWarning,
         "daemon",
         "serves rules of version " + Printable(serving) + ", the files hold " + rules_version,
         {},
         "old-rules",
         "what has changed in the files is not looked for yet",
         {reload}});
  }
  if (mode != ToString(settings.policy.mode)) {
    report->push_back({CheckLevel::kWarning,
                       "daemon",
                       "is in mode " + Printable(mode) + ", the file says " +
                           std::string(ToString(settings.policy.mode)),
                       {},
                       "old-mode",
                       "the file is not in force yet",
                       {reload}});
  }
}

}  // namespace

Result<int> ShakeHands(const std::string& address, milliseconds timeout) {
  Line line(timeout);
  if (auto done = line.Connect(address); !done) return std::unexpected(done.error());
  constexpr std::uint32_t kVersion = 6, kActions = 0x1ff, kSteps = 0x1fffff;
  const std::string offer = "O" + Number(kVersion) + Number(kActions) + Number(kSteps);
  if (auto sent = line.Send(Number(static_cast<std::uint32_t>(offer.size())) + offer); !sent) {
    return std::unexpected(sent.error());
  }
  const auto head = line.Read(4);
  if (!head) return std::unexpected(head.error());
  const std::uint32_t size = NumberAt(*head, 0);
  if (size < 13 || size > kMostAnswer) return Fail(ErrorKind::kInvalid, "no answer of a milter's");
  const auto body = line.Read(size);
  if (!body) return std::unexpected(body.error());
  if ((*body)[0] != 'O') return Fail(ErrorKind::kInvalid, "no answer of a milter's");
  std::ignore = line.Send(Number(1) + "Q");
  return static_cast<int>(NumberAt(*body, 1) & 0xffff);
}

Result<std::string> AskSocketmap(const std::string& address, const std::string& key,
                                 milliseconds timeout) {
  Line line(timeout);
  if (auto done = line.Connect(address); !done) return std::unexpected(done.error());
  const std::string request = "warifu " + key;
  if (auto sent = line.Send(std::to_string(request.size()) + ":" + request + ","); !sent) {
    return std::unexpected(sent.error());
  }
  std::size_t size = 0;
  for (int digits = 0;; ++digits) {
    const auto byte = line.Read(1);
    if (!byte) return std::unexpected(byte.error());
    const char c = byte->front();
    if (c == ':' && digits > 0) break;
    if (c < '0' || c > '9' || digits > 5) return Fail(ErrorKind::kInvalid, "no netstring");
    size = size * 10 + static_cast<std::size_t>(c - '0');
  }
  auto text = line.Read(size + 1);
  if (!text) return text;
  if (!text->ends_with(',')) return Fail(ErrorKind::kInvalid, "no netstring");
  text->pop_back();
  return text;
}

CheckReport CheckRunning(const app::Settings& settings, const std::string& rules_version) {
  CheckReport report;
  const std::string& address = settings.socket.address;
  if (const auto version = ShakeHands(address, kPatience)) {
    report.push_back(
        {CheckLevel::kOk, "socket",
         address + ": answers, version " + std::to_string(*version) + " of the protocol"});
  } else {
    report.push_back(Silent("socket", address, version.error()));
  }
  const std::string& map = settings.socketmap.address;
  if (!map.empty()) {
    if (const auto said = AskSocketmap(map, "postmaster@warifu.invalid", kPatience)) {
      report.push_back({CheckLevel::kOk, "socketmap", map + ": answers"});
    } else {
      report.push_back(Silent("socketmap", map, said.error()));
    }
  }
  CheckStatus(settings, rules_version, &report);
  return report;
}

}  // namespace warifu::cli
