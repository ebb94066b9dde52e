#include <vector>

#include "cli/handlers.h"
#include "cli/run.h"

namespace warifu::cli {
namespace {

constexpr Option kCheckOptions[] = {
    {"quiet", "", "leave out notes and what is fine"},
    {"suggest", "", "print the commands and lines that mend what is wrong; changes nothing"},
    {"own", "", "check warifu's own files alone: not the running daemon, nor the MTA"},
    {"postfix", "DIR", "check the Postfix whose main.cf is there; may be given again", true},
    {"sendmail", "FILE", "check the Sendmail of this sendmail.cf; may be given again", true},
    {"settings", "", "print every setting with its value and where that comes from, no more"},
};
constexpr Option kScanOptions[] = {
    {"all", "", "print clean messages too"},
    {"account", "NAME", "check the author as if this account had sent the mail"},
    {"severity", "info|low|medium|high|critical", "count findings of this level or above only"},
    {"rules", "PATH", "use these rules, a file or a folder; may be given again", true},
    {"foreign", "", "the rules given are of another project (gitleaks, betterleaks)"},
    {"baseline", "FILE", "let findings pass that this list names; may be given again", true},
    {"write-baseline", "FILE", "write a list of all that is found"},
    {"jobs", "NUMBER", "threads to use (default: one a processor)"},
};
constexpr Option kRulesOptions[] = {
    {"rules", "PATH", "use these rules, a file or a folder; may be given again", true},
    {"foreign", "", "the rules given are of another project (gitleaks, betterleaks)"},
};
constexpr Option kRulesCheckOptions[] = {
    {"rules", "PATH", "use these rules, a file or a folder; may be given again", true},
    {"foreign", "", "the rules given are of another project (gitleaks, betterleaks)"},
    {"notices", "PATH", "check these notices, a file or a folder; may be given again", true},
};
constexpr Option kRulesTryOptions[] = {
    {"rule", "ID", "of this rule alone"},
    {"summary", "", "show the summary of one message too"},
    {"rules", "PATH", "use these rules, a file or a folder; may be given again", true},
    {"foreign", "", "the rules given are of another project (gitleaks, betterleaks)"},
};
constexpr Option kRulesImportOptions[] = {
    {"output", "FILE", "write the rules there (default: standard output)"},
};
constexpr Option kRecordsAuditOptions[] = {
    {"url", "URL", "read a database instead of a file: sqlite:, postgresql: or mysql:"},
    {"query", "SQL", "select the schema's columns, by their names, in an order that stays"},
    {"password-file", "FILE", "the database's password is this file's first line"},
};
constexpr Option kRecordsIndexOptions[] = {
    {"url", "URL", "read a database instead of a file: sqlite:, postgresql: or mysql:"},
    {"query", "SQL", "select the schema's columns, by their names"},
    {"password-file", "FILE", "the database's password is this file's first line"},
    {"output", "FILE", "where the index goes (default: the schema's id and .idx)"},
    {"key", "FILE", "key file instead of the configured one"},
    {"background", "PATH", "ordinary mail: count what the index meets there; may be given again",
     true},
};
constexpr Option kDaemonOptions[] = {
    {"socket", "PATH", "control socket to use instead of the configured one"},
};

constexpr Command kMail[] = {
    {"check", "", 0, 0, "check configuration, rules, folders, the daemon and the MTA",
     "Reads the configuration and everything it points to, and tells all that is wrong with it: "
     "settings, rules and their examples, the directory, folders and files that the daemon's user "
     "cannot use or that others could. Asks the daemon, and looks at disks and clock. Reads what "
     "Postfix and Sendmail are set to, and names what would let mail pass unseen (fails open), "
     "what is not looked at (uncovered) and what hurts. Ends with the lines that plug warifu in.",
     kCheckOptions, RunCheck},
    {"scan", "PATH...|-", 1, -1, "look for leaking records in stored mail and files",
     "Reads mails (.eml), mboxes, Maildirs, folders with all below them, plain text and CSV files, "
     "or standard input, and inspects each message as the gateway does at the end of a message. "
     "Messages with findings are printed, a summary goes to standard error. With --rules and "
     "without --config no configuration is read.",
     kScanOptions, RunScan},
    {"rules check", "[PATH...]", 0, -1, "check rule files and notices, and run their own examples",
     "Reads the rules given, or else the configured ones, tells every error with its place, runs "
     "the examples and counter-examples of each rule through the engine that scans mail, and looks "
     "for alternatives without a keyword. Declared notices are checked likewise; with --notices "
     "and "
     "without --config or rules, they alone.",
     kRulesCheckOptions, RunRulesCheck},
    {"rules list", "[PATH...]", 0, -1, "list the rules", "", kRulesOptions, RunRulesList},
    {"rules import", "PATH...", 1, -1,
     "make rules of Nosey Parker, Titus or Kingfisher into warifu's",
     "Reads rule files in YAML, or folders of them, rewrites verbose patterns, keeps the examples "
     "as tests, runs them through the engine that scans mail, and writes one rule file of "
     "warifu's own. Rules that cannot be kept are told with the reason, and so is what the others "
     "lose.",
     kRulesImportOptions, RunRulesImport},
    {"rules try", "[RULEFILE...] PATH...|-", 1, -1,
     "show what rules would have done to stored mail",
     "Of one message, shows each match with its place, and each that one of the rule's own filters "
     "turned down, with the key of the filter. Of more, shows for each rule how many mails, whose, "
     "what it would have done, and what the other rules would have done. With rule files (*.toml), "
     "those rules are tried and the configured ones are the others.",
     kRulesTryOptions, RunRulesTry},
    {"rules bench", "[RULEFILE...] [PATH...]", 0, -1, "measure what each rule costs",
     "Reads the mails and files given, or else 4 MiB of made-up English, Japanese, base64 and "
     "tables, and measures each rule's part of both passes. Rules that are slow are named with "
     "what in them is dear. Rule files (*.toml) stand for --rules.",
     kRulesOptions, RunRulesBench},
    {"records index", "SCHEMA [TABLE]", 1, 2, "make an exact-match index of a member table",
     "Reads a member table (CSV, by the schema, or the rows of --query) and writes an index of "
     "keyed fingerprints, by "
     "which "
     "the gateway finds its rows in mail. The key lies in a file of its own and is made where it "
     "is "
     "missing. Prints what each column holds, and which key columns only corroborate, since their "
     "values are too dense or too common.",
     kRecordsIndexOptions, RunRecordsIndex},
    {"records audit", "SCHEMA [TABLE]", 1, 2, "find rows that hold another member's record",
     "Reads a member table (CSV, by the schema) and names each row in one of whose cells another "
     "row's record stands: at least two cells of it, a key among them. What a row shares with "
     "another is none. Rows are named by the schema's handle; no other cell is shown. In the place "
     "of a file, --url and --query read a database, twice.",
     kRecordsAuditOptions, RunRecordsAudit},
};

constexpr Command kDaemon[] = {
    {"status", "", 0, 0, "show how the running warifu-milter is doing",
     "Asks the daemon over its control socket for its mode, its rules, and what it has counted "
     "since it started. Root, the daemon's user and the members of the socket's group may ask.",
     kDaemonOptions, RunStatus},
    {"reload", "", 0, 0, "make the running warifu-milter read its configuration again",
     "The daemon reads configuration, rules and directory anew and takes them all or none: if "
     "anything in them is wrong it goes on with what it has, and every error is shown here.",
     kDaemonOptions, RunReload},
    {"log-level", "LEVEL", 1, 1, "set how much the running warifu-milter logs",
     "LEVEL is debug, info, warning or error: the least level that is written from now on. The "
     "next reload or restart brings back log.level of the configuration.",
     kDaemonOptions, RunLogLevel},
    {"version", "", 0, 0, "show the version", "", {}, RunVersion},
    {"completion",
     "bash|zsh",
     1,
     1,
     "print the script that completes command lines in a shell",
     "The package installs it for both. By hand: source <(warifu completion bash).",
     {},
     RunCompletion},
    {"help", "[COMMAND...]", 0, 2, "show help on everything or on one command", "", {}, RunHelp},
};

}  // namespace

std::span<const Command> Commands() {
  static const std::vector<Command> all = [] {
    std::vector<Command> rows(std::begin(kMail), std::end(kMail));
    rows.insert(rows.end(), LedgerRows().begin(), LedgerRows().end());
    rows.insert(rows.end(), std::begin(kDaemon), std::end(kDaemon));
    return rows;
  }();
  return all;
}

int RunHelp(const Arguments& arguments, Terminal& terminal) {
  std::vector<std::string> args = arguments.operands;
  args.emplace_back("--help");
  return Run(args, terminal);
}

}  // namespace warifu::cli
