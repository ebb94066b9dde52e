// Postfix case: one Postfix instance against warifu's settings, as the checks of check_postfix.h
// look at it.
//
// Each smtpd service, and the local mail that cleanup hands to non_smtpd_milters, is a Use: which
// filters it asks, which of them is warifu, and what happens when that does not answer.
// Threads: one at a time.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "cli/check_postfix.h"
#include "cli/check_report.h"
#include "cli/milter_list.h"
#include "cli/postfix_config.h"
#include "cli/program.h"

namespace warifu::cli {

struct Use {
  const PostfixService* service = nullptr;
  std::string_view parameter;  // "smtpd_milters"
  std::vector<Milter> milters;
  Leads leads = Leads::kAway;
  std::size_t at = 0;      // warifu among `milters`, unless it is away
  bool off = false;        // receive_override_options = no_milters
  bool again = false;      // mail that another filter of the operator's hands back
  app::Listener listener;  // of warifu.conf
  bool enforcing = false;  // mode and listener
  std::string default_action;

  bool Covered() const { return !off && (leads == Leads::kHere || leads == Leads::kTwin); }
  bool Here() const { return !off && leads == Leads::kHere; }
  // While warifu does not answer: mail passes, or waits.
  CheckLevel WhileDown() const {
    return default_action == "accept" ? CheckLevel::kFailsOpen : CheckLevel::kHurts;
  }
};

class PostfixCase {
 public:
  PostfixCase(const app::Settings& settings, const Postfix& postfix, const MtaFacts& facts);

  const app::Settings& settings() const { return settings_; }
  const Postfix& postfix() const { return postfix_; }
  const MtaFacts& facts() const { return facts_; }
  const std::string& queue() const { return queue_; }
  std::span<const Use> smtpds() const { return smtpds_; }
  const Use& local() const { return local_; }  // its service may be null
  bool enforcing() const;                      // anywhere

  std::string Value(std::string_view name) const { return ValueOf(postfix_, name); }
  std::string Value(const Use& use, std::string_view name) const;
  // A setting of warifu's own entry in braces, else as the service sees it.
  std::string OwnValue(const Use& use, std::string_view own, std::string_view name) const;

  void Add(CheckLine line) { report_.push_back(std::move(line)); }
  // "main.cf" or "master.cf" of this instance.
  Place In(std::string_view file) const;
  Place InOf(const Use& use, std::string_view name) const;
  CheckReport Take() { return std::move(report_); }

  // The list of that use with warifu as it should be, before every other filter where it is new.
  std::vector<Milter> WithOurs(const Use& use) const;

  // postconf's command lines.
  Remedy Set(std::string_view name, std::string_view value) const;
  Remedy Set(const PostfixService& service, std::string_view name, std::string_view value) const;
  // Where the use has it from: its service's option, or main.cf.
  Remedy SetWhereItIs(const Use& use, std::string_view name, std::string_view value) const;
  // A setting of warifu's entry in braces, or the parameter.
  Remedy SetOwn(const Use& use, std::string_view own, std::string_view name,
                std::string_view value) const;

 private:
  void FindSmtpds();
  void FindLocal();
  void Complete(Use* use) const;
  bool IsAgain(const PostfixService& service, bool any_filter) const;
  std::string Command(std::string_view option, std::string_view assignment) const;

  const app::Settings& settings_;
  const Postfix& postfix_;
  const MtaFacts& facts_;
  std::string queue_;
  std::vector<Use> smtpds_;
  Use local_;
  CheckReport report_;
};

// "smtp/inet, submission/inet".
std::string Names(std::span<const Use* const> uses);
// " at submission/inet", or nothing where it is so everywhere.
std::string At(const PostfixCase& about, std::span<const Use* const> uses);
// Appends what is not there yet.
void AddOnce(Remedy remedy, std::vector<Remedy>* remedies);

// The checks of check_postfix_paths.cc and check_postfix_limits.cc, for the table.
void CheckPaths(PostfixCase& about);
void CheckRights(PostfixCase& about);
void CheckAnswer(PostfixCase& about);
void CheckSocketmap(PostfixCase& about);
void CheckTimes(PostfixCase& about);
void CheckSizes(PostfixCase& about);
void CheckProtocol(PostfixCase& about);
void CheckMacroDefaults(PostfixCase& about);
void CheckVersion(PostfixCase& about);
void CheckTcp(PostfixCase& about);
void CheckSpelling(PostfixCase& about);

}  // namespace warifu::cli
