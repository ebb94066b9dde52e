// FakeMta: records what a session does at the MTA, and fails where a test wants it to.
#pragma once

#include <atomic>
#include <map>
#include <string>
#include <vector>

#include "daemon/mta.h"

namespace warifu::test {

class FakeMta : public daemon::MtaActions {
 public:
  std::map<std::string, std::string> macros;
  std::string fail_on;  // a step whose line begins so fails
  std::vector<std::string> steps;
  daemon::SmtpReply reply;
  std::atomic<int> progressed = 0;
  std::atomic<bool> connected = true;

  std::string Macro(const char* name) override {
    const auto found = macros.find(name);
    return found != macros.end() ? found->second : "";
  }
  bool SetReply(const daemon::SmtpReply& value) override {
    reply = value;
    return true;
  }
  bool AddHeader(const std::string& name, const std::string& value) override {
    return Step("add " + name + ":" + value);
  }
  bool ChangeHeader(const std::string& name, int index, const std::string& value) override {
    return Step((value.empty() ? "delete " : "change ") + name + "[" + std::to_string(index) + "]" +
                (value.empty() ? "" : ":" + value));
  }
  bool ReplaceBody(std::string_view body) override { return Step("body " + std::string(body)); }
  bool Quarantine(const std::string& reason) override { return Step("hold " + reason); }
  bool Progress() override {
    ++progressed;
    return connected;
  }

 private:
  bool Step(std::string step) {
    if (!fail_on.empty() && step.starts_with(fail_on)) return false;
    steps.push_back(std::move(step));
    return true;
  }
};

}  // namespace warifu::test
