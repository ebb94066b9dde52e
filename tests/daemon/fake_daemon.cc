// fake_daemon: the real server with an Inspector that obeys the mail, for protocol tests.
//
// usage: fake_daemon --socket S [--mode OCTAL] [--group G] [--user U] [--pid-file F] [--grace MS]
//                    [--progress MS] [--max-messages N] [--reload-ms N]
//
// The words of a mail's X-Test field, and its addresses' local parts, say what to do. Logs go to
// standard error; the end of a message prints "end QUEUEID RECIPIENTS LOGIN" there.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <map>
#include <mutex>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "daemon/privileges.h"
#include "daemon/server.h"
#include "daemon/signals.h"
#include "fake_inspector.h"

namespace warifu {
namespace {

class StderrLog : public incident::Log {
 public:
  void Write(incident::Level, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    std::cerr << text << std::endl;
  }
  void SetLevel(incident::Level) override {}
  Result<void> Reopen() override { return {}; }

 private:
  std::mutex mutex_;
};

policy::Verdict ByAddress(std::string_view address) {
  if (address.starts_with("<reject")) {
    return test::Refuse(Action::kReject, 550, "5.7.1", "refused 100%, ref R1");
  }
  if (address.starts_with("<defer")) {
    return test::Refuse(Action::kDefer, 451, "4.7.1", "later, ref D1");
  }
  if (address.starts_with("<throw")) throw std::runtime_error("asked to throw");
  return {};
}

// The words behind "X-Test:".
std::istringstream Words(std::string_view raw) {
  const std::size_t at = raw.find("X-Test: ");
  if (at == std::string_view::npos) return std::istringstream("");
  return std::istringstream(std::string(raw.substr(at + 8, raw.find("\r\n", at) - at - 8)));
}

// The number behind "=".
int Number(const std::string& word) {
  return std::atoi(word.c_str() + word.find('=') + 1);
}

void Sleep(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

app::EndActions Obey(std::string_view raw, int generation) {
  app::EndActions out;
  std::istringstream words = Words(raw);
  for (std::string word; words >> word;) {
    if (word == "reject") out.verdict = test::Refuse(Action::kReject, 550, "5.7.1", "ref R2");
    if (word == "defer") out.verdict = test::Refuse(Action::kDefer, 451, "4.7.1", "ref D2");
    if (word == "hold") {
      out.verdict.action = Action::kHold;
      out.hold_reason = "warifu ref=H1";
    }
    if (word == "tag") out.add_fields.push_back({"X-Warifu", " tag; ref=T1"});
    if (word == "unforge") out.delete_fields.emplace_back("X-Warifu");
    if (word == "retype") out.change_fields.push_back({"Content-Type", 1, " text/plain"});
    if (word == "generation") {
      out.add_fields.push_back({"X-Generation", " " + std::to_string(generation)});
    }
    if (word.starts_with("body=")) {
      out.replace_body = true;
      out.new_body = std::string(static_cast<std::size_t>(Number(word)), 'n') + "\r\n";
    }
    if (word == "throw") throw std::runtime_error("asked to throw");
    if (word.starts_with("sleep=")) Sleep(Number(word));
  }
  return out;
}

int Main(int argc, char** argv) {
  if (const auto owned = daemon::OwnSignals(); !owned) return 2;
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < argc; i += 2) options[argv[i]] = argv[i + 1];
  const auto number = [&](const char* name, long fallback, int base = 10) {
    return options.contains(name) ? std::strtol(options[name].c_str(), nullptr, base) : fallback;
  };
  StderrLog log;
  if (options.contains("--user")) {
    if (const auto done = daemon::DropPrivileges(options["--user"]); !done) {
      log.Error(done.error().ToString());
      return 2;
    }
  }
  static std::atomic<int> generation = 1;
  test::FakeInspector inspector;
  inspector.on_mail = [](const app::Transaction& mail) { return ByAddress(mail.sender); };
  inspector.on_rcpt = [](const auto&, std::string_view rcpt) { return ByAddress(rcpt); };
  inspector.on_end = [&](const app::Transaction& transaction, const mail::MessageBuffer& message,
                         const auto&) {
    std::string line = "end " + transaction.queue_id + " ";
    for (const std::string& recipient : transaction.recipients) line += recipient;
    if (options.contains("--say-ends")) {
      log.Info(line + " login=" + transaction.auth_login + " listener=" +
               transaction.session.daemon_name + " client=" + transaction.session.client_address);
    }
    return Obey(message.raw(), generation.load());
  };
  inspector.keep_records = false;

  daemon::Options serve;
  serve.socket = options["--socket"];
  serve.socket_mode = static_cast<unsigned>(number("--mode", 0660, 8));
  serve.socket_group = options["--group"];
  serve.pid_file = options["--pid-file"];
  serve.grace = std::chrono::milliseconds(number("--grace", 5000));
  serve.progress = std::chrono::milliseconds(number("--progress", 5000));
  serve.max_messages = static_cast<std::size_t>(number("--max-messages", 1000));
  daemon::Hooks hooks;
  hooks.inspector = &inspector;
  hooks.log = &log;
  hooks.reload = [&] {
    Sleep(static_cast<int>(number("--reload-ms", 0)));
    ++generation;
    log.Info("reloaded");
  };
  const auto ended = daemon::Serve(serve, hooks);
  if (!ended) {
    log.Error(ended.error().ToString());
    return 1;
  }
  if (*ended == daemon::Ended::kAbandoned) _exit(3);
  return 0;
}

}  // namespace
}  // namespace warifu

int main(int argc, char** argv) {
  return warifu::Main(argc, argv);
}
