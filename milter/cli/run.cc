#include "cli/run.h"

#include <exception>
#include <ostream>

namespace warifu::cli {
namespace {

int Dispatch(std::span<const std::string> args, Terminal& terminal) {
  if (args.size() == 1 && args[0] == "--version") {
    const std::string version[] = {"version"};
    return Dispatch(version, terminal);
  }
  const Result<Parsed> parsed = ParseCommandLine(Commands(), args);
  if (!parsed) {
    PrintError(terminal, parsed.error());
    terminal.err << "Try 'warifu --help'.\n";
    return kExitError;
  }
  if (parsed->help) {
    terminal.out << (parsed->command != nullptr ? HelpText(*parsed->command)
                                                : HelpText(Commands(), parsed->group));
    return kExitClean;
  }
  return parsed->command->run(parsed->arguments, terminal);
}

}  // namespace

int Run(std::span<const std::string> args, Terminal& terminal) {
  int status = kExitError;
  try {
    status = Dispatch(args, terminal);
  } catch (const std::exception& e) {
    PrintError(terminal, {ErrorKind::kInternal, std::string("internal error: ") + e.what(), {}});
  }
  terminal.out.flush();
  if (!terminal.out) {
    PrintError(terminal, {ErrorKind::kSystem, "cannot write to standard output", {}});
    return kExitError;
  }
  return status;
}

}  // namespace warifu::cli
