// Check report: what `warifu check` has to say, line by line.
//
// Of warifu itself: `error`, the daemon would not start, or would not do what the configuration
// says; `warning`, it works, and somebody should look; `note` and `ok` are for information. Of the
// MTA around it: `fails open`, mail passes unseen when something goes wrong; `uncovered`, mail
// passes unseen now; `hurts`, mail is delayed or refused without need, or arrives damaged.
//
// A finding says what is wrong (`text`, with `place`), what comes of it (`follows`) and what mends
// it (`remedies`, in the order in which they are to be done). Texts may hold words out of
// configuration files: they go through Printable() before they are shown. Threads: plain values.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "base/error.h"

namespace warifu::cli {

enum class CheckLevel { kOk, kNote, kWarning, kHurts, kUncovered, kFailsOpen, kError };

struct Remedy {
  // A command for a shell; a line of warifu.conf or sendmail.mc; words, where only a person can
  // tell.
  enum class Kind { kCommand, kWarifuConf, kSendmailMc, kAdvice };
  Kind kind = Kind::kCommand;
  std::string text;
  bool operator==(const Remedy&) const = default;
};

struct CheckLine {
  CheckLevel level = CheckLevel::kOk;
  std::string what;  // "configuration", "rules", "postfix", …
  std::string text;
  Place place = {};
  std::string id = {};       // of a finding about the MTA: "default-action"; stays the same
  std::string follows = {};  // a clause: "mail passes unseen while warifu is down"
  std::vector<Remedy> remedies = {};
};

using CheckReport = std::vector<CheckLine>;

// A failed check: something is broken, or mail passes unseen.
inline bool HasFailed(const CheckReport& report) {
  return std::ranges::any_of(
      report, [](const CheckLine& line) { return line.level >= CheckLevel::kUncovered; });
}

}  // namespace warifu::cli
