// Tool: runs `warifu` in this process, in a folder of its own, on string streams.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace warifu::cli {

inline constexpr WallTime kToolTime{std::chrono::seconds(1'790'000'000)};  // 23:13 in Tokyo

struct Outcome {
  int status = -1;
  std::string out, err;
};

class ToolTest : public ::testing::Test {
 protected:
  // Works in a new folder with warifu.conf, rules.toml and a fixed fingerprint key, in Tokyo, at
  // kToolTime.
  void SetUp() override;
  void TearDown() override;

  void Write(const std::string& path, std::string_view text) const;
  // `input` is what "-" reads.
  Outcome Run(const std::vector<std::string>& args, std::string_view input = "") const;
  // The configuration of the test folder with `more` lines.
  void WriteConfig(std::string_view more = "") const;

  std::string folder_;

 private:
  std::string before_;
};

// Compares with tests/cli/golden/NAME, or writes it when WARIFU_RENEW_GOLDEN is set.
void ExpectGolden(const std::string& name, const std::string& text);

// A mail whose body is `body`, UTF-8.
std::string MailOf(std::string_view subject, std::string_view body);

}  // namespace warifu::cli
