#include "cli/handlers.h"
#include "cli/run.h"

namespace warifu::cli {
namespace {

constexpr Option kDaemonOptions[] = {
    {"socket", "PATH", "control socket to use instead of the configured one"},
};

constexpr Command kCommands[] = {
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
