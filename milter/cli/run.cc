#include "cli/run.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <exception>
#include <ostream>

#include "cli/tool_settings.h"

namespace warifu::cli {
namespace {

// Whether an error may come from a configuration that is not there. `check` says so itself.
bool WantsConfig(const Parsed& parsed) {
  static constexpr std::string_view kWithout[] = {"check", "version", "help", "rules import",
                                                  "records audit"};
  const std::string_view words = parsed.command->words;
  if (std::ranges::find(kWithout, words) != std::end(kWithout)) return false;
  if (words == "records index" && parsed.arguments.Has("key")) return false;
  return !words.starts_with("rules ") || parsed.arguments.operands.empty();
}

// The command that the line begins with, and a blank; "" for none.
std::string Begun(std::span<const std::string> args) {
  std::string line;
  std::string longest;
  for (const std::string& word : args) {
    line += (line.empty() ? "" : " ") + word;
    for (const Command& command : Commands()) {
      if (command.words == line || command.words.starts_with(line + " ")) longest = line + " ";
    }
  }
  return longest;
}

int Dispatch(std::span<const std::string> args, Terminal& terminal) {
  if (args.size() == 1 && args[0] == "--version") {
    const std::string version[] = {"version"};
    return Dispatch(version, terminal);
  }
  const Result<Parsed> parsed = ParseCommandLine(Commands(), args);
  if (!parsed) {
    PrintError(terminal, parsed.error());
    terminal.err << "Try 'warifu " << Begun(args) << "--help'.\n";
    return kExitError;
  }
  if (parsed->help) {
    terminal.out << (parsed->command != nullptr ? HelpText(*parsed->command)
                                                : HelpText(Commands(), parsed->group));
    return kExitClean;
  }
  const int status = parsed->command->run(parsed->arguments, terminal);
  if (status == kExitError && WantsConfig(*parsed)) {
    if (const std::string none = WithoutConfig(parsed->arguments); !none.empty()) {
      terminal.err << "warifu: note: " << none << '\n';
    }
  }
  return status;
}

}  // namespace

int Run(std::span<const std::string> args, Terminal& terminal) {
  int status = kExitError;
  try {
    status = Dispatch(args, terminal);
  } catch (const std::exception& e) {
    PrintError(terminal, {ErrorKind::kInternal, std::string("internal error: ") + e.what(), {}});
  }
  errno = 0;
  terminal.out.flush();
  if (!terminal.out) {
    const std::string why = errno != 0 ? std::string(": ") + std::strerror(errno) : "";
    PrintError(terminal, {ErrorKind::kSystem, "cannot write to standard output" + why, {}});
    return kExitError;
  }
  return status;
}

}  // namespace warifu::cli
