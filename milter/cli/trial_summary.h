// TrialSummary: what rules that are tried would have done to many mails.
//
// For each rule that matched: how many mails and findings, the action it calls for, from whom, a
// few masked examples, what its own filters turned down, and what the other rules would have done
// to the same mails. Threads: one at a time.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/finding.h"
#include "cli/terminal.h"
#include "mail/message.h"
#include "scan/pattern_set.h"

namespace warifu::cli {

struct TriedMail {
  std::string path;
  std::uint64_t index = 0;
  bool in_mbox = false;
  std::string sender;
  std::vector<Finding> findings, others;  // of the rules tried; of those in force beside them
  std::vector<std::pair<std::string, std::string>> dropped;  // rule, key
};

// The first author's address; "" where there is none.
std::string SenderOf(const mail::Message& message);

class TrialSummary {
 public:
  // `only`: of this rule alone; "" for all.
  TrialSummary(const std::vector<scan::RuleInfo>& rules, std::string only);

  void Add(const TriedMail& mail);
  std::uint64_t mails() const { return mails_; }  // with a match
  std::string Text(const Terminal& terminal) const;
  std::string Json() const;

 private:
  struct Example {
    std::string path, part, preview;
    std::uint64_t index = 0;
    bool in_mbox = false;
  };
  struct Tally {
    std::string action;
    std::uint64_t mails = 0, findings = 0;
    std::uint64_t ignored = 0;   // of the mails: all findings are known to an ignore list
    std::uint64_t observed = 0;  // of the others: not enforced, by the rule's `until` or `sample`
    std::map<std::string, std::uint64_t> senders, others, dropped;
    std::vector<Example> examples;
  };
  bool Wanted(const std::string& rule) const { return only_.empty() || rule == only_; }
  Tally& Of(const std::string& rule);

  const std::string only_;
  std::map<std::string, std::string> actions_;  // rule → what it calls for
  std::map<std::string, std::string> limits_;   // rule → the keys by which it may only observe
  std::map<std::string, Tally> rules_;
  std::uint64_t mails_ = 0;
};

}  // namespace warifu::cli
