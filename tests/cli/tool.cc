#include "tool.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>

#include "base/unique_fd.h"
#include "cli/run.h"

namespace warifu::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kRules = R"([[rules]]
id = "password-label"
description = "Password after a label"
regex = '''(?i)(?:パスワード|password)[ \t]{0,4}[:=][ \t]{0,4}([!-~]{6,32})'''
keywords = ["パスワード", "password"]
entropy = 2.0
[rules.mail]
severity = "high"
action = "hold"
validate = ["not-placeholder"]
matches = ["パスワード：Xk29vmQ1"]
misses = ["パスワード：********", "パスワードは別送します"]

[[rules]]
id = "internal-host"
description = "Name of an internal host"
regex = '''\b[a-z]+\.internal\.example\b'''
keywords = [".internal.example"]
[rules.mail]
severity = "low"
regions = ["body"]

[[records]]
id = "member-row"
description = "Row of the member table"
fields = ["digits{4,12}", "login as account", "password{6,32} as secret", "date"]
[records.mail]
severity = "critical"
action = "strip"
until = 2099-12-31
matches = ["1024,taro,Xk29vmQ1,2000-04-01"]
)";

// Compiled rules are kept for all tests of the process: compiling takes most of the time.
const std::string& CacheFolder() {
  static const std::unique_ptr<std::string, void (*)(std::string*)> folder(
      [] {
        char name[] = "/tmp/warifu-tool-cache-XXXXXX";
        const char* made = ::mkdtemp(name);
        return new std::string(made != nullptr ? made : "");
      }(),
      [](std::string* path) {
        if (!path->empty()) fs::remove_all(*path);
        delete path;
      });
  return *folder;
}

class ToolClock final : public Clock {
 public:
  WallTime Now() const override { return kToolTime; }
  SteadyTime Steady() const override { return System().Steady(); }
};

std::string Slurp(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace

void ToolTest::SetUp() {
  char name[] = "/tmp/warifu-tool-XXXXXX";
  ASSERT_NE(::mkdtemp(name), nullptr);
  folder_ = name;
  ::setenv("TZ", "Asia/Tokyo", 1);
  ::tzset();
  before_ = fs::current_path().string();
  fs::current_path(folder_);
  Write("rules.toml", kRules);
  Write("key", std::string(64, '7') + "\n");
  fs::permissions("key", fs::perms::owner_read | fs::perms::owner_write);
  WriteConfig();
}

void ToolTest::TearDown() {
  fs::current_path(before_);
  fs::remove_all(folder_);
}

void ToolTest::WriteConfig(std::string_view more) const {
  Write("warifu.conf", "user = \"\";\ncache_dir = \"" + CacheFolder() +
                           "\";\nrules = { paths = [ \"" + folder_ +
                           "/rules.toml\" ]; };\nfingerprint = { key_file = \"" + folder_ +
                           "/key\"; };\ncontrol = { socket = \"" + folder_ +
                           "/control.sock\"; };\nsocket = { address = \"unix:" + folder_ +
                           "/warifu.sock\"; };\nevents = { target = \"" + folder_ +
                           "/events\"; };\nstore = { url = \"sqlite:" + folder_ +
                           "/warifu.db\"; };\n" + std::string(more));
}

void ToolTest::Write(const std::string& path, std::string_view text) const {
  const fs::path full = fs::path(folder_) / path;
  fs::create_directories(full.parent_path());
  std::ofstream(full, std::ios::binary) << text;
}

Outcome ToolTest::Run(const std::vector<std::string>& args, std::string_view input) const {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), std::fclose);
  std::fwrite(input.data(), 1, input.size(), file.get());
  std::rewind(file.get());
  std::ostringstream out, err;
  const ToolClock clock;
  Terminal terminal{.in = ::fileno(file.get()), .out = out, .err = err, .clock = &clock};
  Outcome outcome;
  outcome.status = cli::Run(args, terminal);
  outcome.out = out.str();
  outcome.err = err.str();
  return outcome;
}

void ExpectGolden(const std::string& name, const std::string& text) {
  const std::string path = std::string(WARIFU_SOURCE_DIR "/tests/cli/golden/") + name;
  if (std::getenv("WARIFU_RENEW_GOLDEN") != nullptr) {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  EXPECT_EQ(Slurp(path), text) << "of " << path
                               << "; tests/cli/golden/README.md says how to renew it";
}

std::string MailOf(std::string_view subject, std::string_view body) {
  return "From: taro@example.jp\nTo: hanako@example.com\nSubject: " + std::string(subject) +
         "\nMessage-ID: <1@example.jp>\nMIME-Version: 1.0\n"
         "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n" +
         std::string(body);
}

}  // namespace warifu::cli
