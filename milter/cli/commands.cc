#include "cli/handlers.h"
#include "cli/run.h"

namespace warifu::cli {
namespace {

constexpr Option kDaemonOptions[] = {
    {"socket", "PATH", "control socket to use instead of the configured one"},
};

constexpr Option kScanOptions[] = {
    {"all", "", "print clean messages too"},
    {"account", "NAME", "check the sender as if this account had sent it"},
    {"severity", "info|low|medium|high|critical", "count findings of this level or above only"},
    {"rules", "PATH", "use these rules, a file or a folder; may be given again", true},
    {"foreign", "", "the rules given are of another project (gitleaks)"},
    {"jobs", "NUMBER", "threads to use (default: one a processor)"},
};

constexpr Command kCommands[] = {
    {"scan", "PATH...|-", 1, -1, "look for leaking records in stored mail and files",
     "Reads mails (.eml), mboxes, Maildirs, folders with all below them, plain text and CSV files, "
     "or standard input, and inspects each message as the gateway does at the end of a message. "
     "Messages with findings are printed, a summary goes to standard error. Without --config and "
     "with --rules, no configuration is read.",
     kScanOptions, RunScan},
    {"status", "", 0, 0, "show how the running warifu-milter is doing",
     "Asks the daemon over its control socket for its mode, its rules, and what it has counted "
     "since it started. Root, the daemon's user and the members of the socket's group may ask.",
     kDaemonOptions, RunStatus},
    {"reload", "", 0, 0, "make the running warifu-milter read its configuration again",
     "The daemon reads configuration, rules and directory anew and takes them all or none: if "
     "anything in them is wrong it goes on with what it has, and every error is shown here.",
     kDaemonOptions, RunReload},
    {"version", "", 0, 0, "show the version", "", {}, RunVersion},
    {"help", "[COMMAND...]", 0, 2, "show help on everything or on one command", "", {}, RunHelp},
};

}  // namespace

std::span<const Command> Commands() {
  return kCommands;
}

int RunHelp(const Arguments& arguments, Terminal& terminal) {
  std::vector<std::string> args = arguments.operands;
  args.emplace_back("--help");
  return Run(args, terminal);
}

}  // namespace warifu::cli
