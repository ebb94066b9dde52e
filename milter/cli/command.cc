#include "cli/command.h"

#include <algorithm>
#include <sstream>

#include "base/nearest.h"

namespace warifu::cli {
namespace {

constexpr Option kCommon[] = {
    {"config", "FILE", "or -c: configuration to use (default /etc/warifu/warifu.conf)"},
    {"format", "text|json", "output for people, or JSON for programs (default text)"},
    {"help", "", "show this help"},
};

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t at = text.find(separator);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + 1);
  }
}

std::string Join(std::span<const std::string_view> words, std::string_view between) {
  std::string out;
  for (const std::string_view word : words) {
    if (!out.empty()) out += between;
    out += word;
  }
  return out;
}

// The one of `known` that `word` is or begins; an Error that says what could stand there.
Result<std::string_view> Choose(std::string_view what, std::string_view word,
                                const std::vector<std::string_view>& known) {
  if (std::ranges::find(known, word) != known.end()) return word;
  std::vector<std::string_view> begun;
  for (const std::string_view k : known) {
    if (!word.empty() && k.starts_with(word)) begun.push_back(k);
  }
  if (begun.size() == 1) return begun[0];
  std::string text = std::string(what) + " '" + std::string(word) + "'";
  if (begun.size() > 1) {
    return Fail(ErrorKind::kInvalid, text + " could be: " + Join(begun, ", "));
  }
  const std::string meant = DidYouMean(word, known);
  text = "unknown " + text + meant;
  if (meant.empty()) text += "; known are: " + Join(known, ", ");
  return Fail(ErrorKind::kInvalid, text);
}

const Option* FindOption(const Command* command, std::string_view name) {
  if (command != nullptr) {
    for (const Option& option : command->options) {
      if (option.name == name) return &option;
    }
  }
  for (const Option& option : kCommon) {
    if (option.name == name) return &option;
  }
  return nullptr;
}

class Parser {
 public:
  Parser(std::span<const Command> commands, std::span<const std::string> args)
      : commands_(commands), args_(args) {}

  Result<Parsed> Run() {
    while (at_ < args_.size()) {
      const std::string& arg = args_[at_++];
      Result<void> done;
      if (!only_operands_ && arg == "--") {
        only_operands_ = true;
      } else if (!only_operands_ && arg.size() > 1 && arg[0] == '-') {
        done = TakeOption(arg);
      } else if (parsed_.command == nullptr) {
        done = TakeWord(arg);
      } else {
        parsed_.arguments.operands.push_back(arg);
      }
      if (!done) return std::unexpected(done.error());
    }
    return Finish();
  }

 private:
  Result<void> TakeWord(const std::string& word);
  Result<void> TakeOption(const std::string& arg);
  Result<void> TakeValue(const Option& option, std::string_view value);
  Result<Parsed> Finish();

  std::span<const Command> commands_;
  std::span<const std::string> args_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;  // words of the command read so far
  bool only_operands_ = false;
  Parsed parsed_;
};

Result<void> Parser::TakeWord(const std::string& word) {
  std::vector<std::string_view> known;
  for (const Command& command : commands_) {
    const auto words = Split(command.words, ' ');
    const std::string before = Join(std::span(words).first(depth_), " ");
    if (words.size() > depth_ && before == parsed_.group &&
        std::ranges::find(known, words[depth_]) == known.end()) {
      known.push_back(words[depth_]);
    }
  }
  const std::string what = parsed_.group.empty() ? "command" : "'" + parsed_.group + "' command";
  const Result<std::string_view> chosen = Choose(what, word, known);
  if (!chosen) return std::unexpected(chosen.error());
  parsed_.group += (parsed_.group.empty() ? "" : " ") + std::string(*chosen);
  ++depth_;
  for (const Command& command : commands_) {
    if (command.words == parsed_.group) parsed_.command = &command;
  }
  return {};
}

Result<void> Parser::TakeOption(const std::string& arg) {
  std::string_view name = arg;
  if (arg == "-h") name = "--help";
  if (arg == "-c") name = "--config";
  if (!name.starts_with("--")) {
    return Fail(ErrorKind::kInvalid,
                "unknown option '" + arg + "' (options begin with --; only -c and -h are short)");
  }
  name.remove_prefix(2);
  const std::size_t equals = name.find('=');
  const std::string_view key = name.substr(0, equals);
  std::vector<std::string_view> known;
  if (parsed_.command != nullptr) {
    for (const Option& option : parsed_.command->options) known.push_back(option.name);
  }
  for (const Option& option : kCommon) known.push_back(option.name);
  const Result<std::string_view> chosen = Choose("option", key, known);
  if (!chosen) return std::unexpected(chosen.error());
  const Option* found = FindOption(parsed_.command, *chosen);
  if (found == nullptr) return Fail(ErrorKind::kInternal, "option --" + std::string(*chosen));
  const Option& option = *found;
  if (option.value.empty()) {
    if (equals != std::string_view::npos) {
      return Fail(ErrorKind::kInvalid, "option --" + std::string(*chosen) + " takes no value");
    }
    parsed_.help |= option.name == "help";
    parsed_.arguments.options[std::string(option.name)];
    return {};
  }
  if (equals != std::string_view::npos) return TakeValue(option, name.substr(equals + 1));
  if (at_ >= args_.size()) {
    return Fail(ErrorKind::kInvalid, "option --" + std::string(option.name) +
                                         " needs a value: " + std::string(option.value));
  }
  return TakeValue(option, args_[at_++]);
}

Result<void> Parser::TakeValue(const Option& option, std::string_view value) {
  if (option.value.find('|') != std::string_view::npos) {
    const auto choices = Split(option.value, '|');
    const Result<std::string_view> chosen =
        Choose("value of --" + std::string(option.name), value, choices);
    if (!chosen) return std::unexpected(chosen.error());
    value = *chosen;
  }
  auto& values = parsed_.arguments.options[std::string(option.name)];
  if (!values.empty() && !option.repeated) {
    return Fail(ErrorKind::kInvalid,
                "option --" + std::string(option.name) + " stands there twice");
  }
  values.emplace_back(value);
  return {};
}

Result<Parsed> Parser::Finish() {
  if (parsed_.help || parsed_.command == nullptr) {
    if (parsed_.command == nullptr && !parsed_.help && !parsed_.group.empty()) {
      std::vector<std::string_view> next;
      for (const Command& command : commands_) {
        if (command.words.starts_with(parsed_.group + " ")) {
          next.push_back(command.words.substr(parsed_.group.size() + 1));
        }
      }
      return Fail(ErrorKind::kInvalid, "'" + parsed_.group + "' goes on with: " + Join(next, ", "));
    }
    parsed_.help = true;
    return std::move(parsed_);
  }
  const Command& command = *parsed_.command;
  const int count = static_cast<int>(parsed_.arguments.operands.size());
  if (count < command.least || (command.most >= 0 && count > command.most)) {
    const std::string usage = "usage: warifu " + std::string(command.words) + " [OPTION...]" +
                              (command.operands.empty() ? "" : " ") + std::string(command.operands);
    return Fail(
        ErrorKind::kInvalid,
        (count < command.least ? "something is missing; " : "too much on the line; ") + usage);
  }
  return std::move(parsed_);
}

std::string OptionLines(std::span<const Option> options) {
  std::ostringstream out;
  Terminal terminal{.out = out, .err = out};
  Table table;
  for (const Option& option : options) {
    std::string left = "--" + std::string(option.name);
    if (!option.value.empty()) left += " " + std::string(option.value);
    table.Add({left, std::string(option.help)});
  }
  table.Print(terminal, "  ");
  return out.str();
}

constexpr std::string_view kExitStatus =
    "Exit status: 0 fine or clean, 1 something was found or failed the check,\n"
    "2 usage, configuration or system error.\n";

}  // namespace

std::string Arguments::Value(std::string_view name, std::string_view otherwise) const {
  const auto it = options.find(name);
  return it == options.end() || it->second.empty() ? std::string(otherwise) : it->second.back();
}

std::vector<std::string> Arguments::Values(std::string_view name) const {
  const auto it = options.find(name);
  return it == options.end() ? std::vector<std::string>() : it->second;
}

std::span<const Option> CommonOptions() {
  return kCommon;
}

Result<Parsed> ParseCommandLine(std::span<const Command> commands,
                                std::span<const std::string> args) {
  return Parser(commands, args).Run();
}

std::string HelpText(std::span<const Command> commands, std::string_view group) {
  std::ostringstream out;
  Terminal terminal{.out = out, .err = out};
  out << "usage: warifu " << (group.empty() ? "COMMAND" : std::string(group) + " COMMAND")
      << " [OPTION...] [ARGUMENT...]\n\n";
  if (group.empty()) {
    out << "Looks after bindings, disputes, locks and held mail, looks for leaking records\n"
           "in stored mail, tries rules, and talks to the running warifu-milter.\n\n";
  }
  Table table;
  for (const Command& command : commands) {
    if (!group.empty() && !command.words.starts_with(std::string(group) + " ")) continue;
    std::string left(command.words);
    if (!command.operands.empty()) left += " " + std::string(command.operands);
    table.Add({left, std::string(command.help)});
  }
  out << "Commands:\n";
  table.Print(terminal, "  ");
  out << "\nOptions of every command:\n" << OptionLines(kCommon) << '\n' << kExitStatus;
  out << "More: warifu COMMAND --help, and warifu(1).\n";
  return out.str();
}

std::string HelpText(const Command& command) {
  std::string out = "usage: warifu " + std::string(command.words) + " [OPTION...]";
  if (!command.operands.empty()) out += " " + std::string(command.operands);
  out += "\n\n" + std::string(command.help) + "\n";
  if (!command.details.empty()) {
    out += '\n';
    for (const std::string_view paragraph : Split(command.details, '\n')) {
      out += paragraph.empty() ? "\n" : Wrap(paragraph, 78, "");
    }
  }
  std::vector<Option> options(command.options.begin(), command.options.end());
  options.insert(options.end(), std::begin(kCommon), std::end(kCommon));
  out += "\nOptions:\n" + OptionLines(options) + '\n' + std::string(kExitStatus);
  return out;
}

}  // namespace warifu::cli
