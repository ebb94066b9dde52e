// FakeInspector: an Inspector that does what a test tells it, and remembers what it was asked.
// Threads: the hooks are set before use; the records are guarded.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "app/inspector.h"

namespace warifu::test {

class FakeInspector : public app::Inspector {
 public:
  using Progress = std::function<bool()>;

  // Hooks; without one, everything is accepted.
  std::function<void()> on_begin = [] {};
  std::function<policy::Verdict(const app::Transaction&)> on_mail = [](const auto&) {
    return policy::Verdict{};
  };
  std::function<policy::Verdict(const app::Transaction&, std::string_view)> on_rcpt =
      [](const auto&, std::string_view) { return policy::Verdict{}; };
  std::function<app::EndActions(const app::Transaction&, const mail::MessageBuffer&,
                                const Progress&)>
      on_end = [](const auto&, const auto&, const auto&) { return app::EndActions{}; };
  mail::Limits limits;
  bool keep_records = true;  // false for long runs

  // Records, in order. Read them when no session is at work.
  std::vector<app::Transaction> mails, ends;
  std::vector<std::string> raws, failures;
  int begun = 0, destroyed = 0;

  std::unique_ptr<app::MessageInspection> Begin() override;

 private:
  class Inspection;
  std::mutex mutex_;
};

// Verdicts by word, for short tests.
policy::Verdict Refuse(Action action, int code, std::string enhanced, std::string text);

}  // namespace warifu::test
