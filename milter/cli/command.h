// Command: one row of the tool's command table, and the reading of a command line by it.
//
// A row holds the words, the options with their kinds of value, what else may stand on the line,
// the help and the handler; help texts, error messages and the tests against warifu(1) all come
// from these rows. Words and long options may be shortened while that leaves one meaning; whatever
// is unknown is answered with the nearest known spelling or with what may follow.
//
// Threads: pure, but for the handlers.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "cli/terminal.h"

namespace warifu::cli {

inline constexpr int kExitClean = 0;  // fine, or nothing found
inline constexpr int kExitFound = 1;  // something was found, or failed the check
inline constexpr int kExitError = 2;  // usage, configuration or system error

struct Option {
  std::string_view name;   // "config"
  std::string_view value;  // "FILE"; "text|json" allows these words only; "" for a flag
  std::string_view help;   // one line
  bool repeated = false;
};

// What a command line said, checked against its row.
struct Arguments {
  std::map<std::string, std::vector<std::string>, std::less<>> options;
  std::vector<std::string> operands;

  bool Has(std::string_view name) const { return options.contains(name); }
  // The last one given.
  std::string Value(std::string_view name, std::string_view otherwise = "") const;
  std::vector<std::string> Values(std::string_view name) const;
  bool json() const { return Value("format") == "json"; }
};

struct Command {
  std::string_view words;     // "rules check"
  std::string_view operands;  // "[PATH...|-]"
  int least = 0, most = 0;    // how many operands; most < 0: any number
  std::string_view help;      // one line
  std::string_view details;   // for its own --help; paragraphs end in "\n"
  std::span<const Option> options;
  int (*run)(const Arguments& arguments, Terminal& terminal);
};

// Options that every command takes.
std::span<const Option> CommonOptions();

struct Parsed {
  const Command* command = nullptr;  // null: help on all or on one group of commands
  std::string group;                 // "rules" for `warifu rules --help`
  bool help = false;
  Arguments arguments;
};

// `args` without the program's name. kInvalid with a text for the user.
Result<Parsed> ParseCommandLine(std::span<const Command> commands,
                                std::span<const std::string> args);

// Help on everything, on the commands that begin with `group`, on one command.
std::string HelpText(std::span<const Command> commands, std::string_view group = "");
std::string HelpText(const Command& command);

}  // namespace warifu::cli
