#include "cli/completion.h"

#include <ostream>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/handlers.h"
#include "cli/run.h"

namespace warifu::cli {
namespace {

bool IsFile(std::string_view value) {
  return value == "FILE" || value == "PATH";
}

bool TakesFiles(const Command& command) {
  for (const std::string_view name : {"PATH", "FILE", "SCHEMA", "TABLE"}) {
    if (command.operands.find(name) != std::string_view::npos) return true;
  }
  return false;
}

// An operand that is one of some words, "bash|zsh"; "-" (standard input) is none worth completing.
std::string_view WordsOfOperand(const Command& command) {
  const bool words =
      command.operands.find('|') != std::string_view::npos &&
      command.operands.find_first_not_of("abcdefghijklmnopqrstuvwxyz|") == std::string_view::npos;
  return words ? command.operands : std::string_view();
}

std::string Replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string out;
  for (const char c : text) {
    if (what.find(c) == std::string_view::npos) {
      out += c;
    } else if (by.empty()) {
      (out += '\\') += c;
    } else {
      out += by;
    }
  }
  return out;
}

std::string Spaced(std::string_view words) {
  return Replaced(words, "|", " ");
}

std::pair<std::string_view, std::string_view> Halves(std::string_view words) {
  const std::size_t blank = words.find(' ');
  if (blank == std::string_view::npos) return {words, {}};
  return {words.substr(0, blank), words.substr(blank + 1)};
}

// The first words, in the table's order; and those that a second one follows.
std::vector<std::string_view> FirstWords(std::span<const Command> commands) {
  std::vector<std::string_view> out;
  for (const Command& command : commands) {
    const auto first = Halves(command.words).first;
    if (out.empty() || out.back() != first) out.push_back(first);
  }
  return out;
}

std::set<std::string_view> Groups(std::span<const Command> commands) {
  std::set<std::string_view> out;
  for (const Command& command : commands) {
    if (const auto [first, second] = Halves(command.words); !second.empty()) out.insert(first);
  }
  return out;
}

// `before` is the part of the pattern in front of the option.
void BashOptions(std::ostream& out, std::string_view before, std::span<const Option> options) {
  for (const Option& option : options) {
    if (option.value.empty()) continue;
    out << "    " << before << "' --" << option.name << "') ";
    if (IsFile(option.value)) {
      out << "files=yes ;;\n";
    } else if (option.value.find('|') != std::string_view::npos) {
      out << "words='" << Spaced(option.value) << "' ;;\n";
    } else {
      out << ";;\n";
    }
  }
}

std::string Names(std::span<const Option> options) {
  std::string out;
  for (const Option& option : options) ((out += "--") += option.name) += ' ';
  return out;
}

// What a single-quoted word of the shell may hold, and one of _arguments' descriptions.
std::string Described(std::string_view text) {
  return Replaced(Replaced(text, "'", "’"), ":[]\\", "");
}

void ZshOptions(std::ostream& out, std::span<const Option> options) {
  for (const Option& option : options) {
    out << " \\\n        '" << (option.repeated ? "*" : "") << "--" << option.name
        << (option.value.empty() ? "" : "=") << '[' << Described(option.help) << ']';
    if (IsFile(option.value)) {
      out << ":file:_files";
    } else if (option.value.find('|') != std::string_view::npos) {
      out << ":word:(" << Spaced(option.value) << ')';
    } else if (!option.value.empty()) {
      out << ':' << Described(option.value) << ": ";
    }
    out << '\'';
  }
}

}  // namespace

std::string BashCompletion(std::span<const Command> commands) {
  std::ostringstream out;
  std::string valued, groups, first;
  std::set<std::string_view> seen;
  const auto note = [&](const Option& option) {
    if (option.value.empty() || !seen.insert(option.name).second) return;
    ((valued += valued.empty() ? "--" : "|--") += option.name);
  };
  for (const Option& option : CommonOptions()) note(option);
  for (const Command& command : commands) {
    for (const Option& option : command.options) note(option);
  }
  for (const std::string_view group : Groups(commands)) {
    ((groups += groups.empty() ? "" : "|") += group);
  }
  for (const std::string_view word : FirstWords(commands)) (first += word) += ' ';
  out << "# bash completion for warifu(1), made by \"warifu completion bash\"\n"
         "_warifu() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n"
         "  local command='' group='' words='' files=no asked=no i\n"
         "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
         "    case ${COMP_WORDS[i]} in\n"
         "      "
      << valued
      << ") ((++i)) ;;\n"
         "      -*) ;;\n"
         "      *)\n"
         "        if [[ -n $group ]]; then\n"
         "          command=\"$group ${COMP_WORDS[i]}\" group=''\n"
         "        elif [[ -z $command ]]; then\n"
         "          case ${COMP_WORDS[i]} in\n"
         "            "
      << groups
      << ") group=${COMP_WORDS[i]} ;;\n"
         "            *) command=${COMP_WORDS[i]} ;;\n"
         "          esac\n"
         "        fi ;;\n"
         "    esac\n"
         "  done\n"
         "  case $before in "
      << valued
      << ") asked=yes ;; esac\n"
         "  if [[ $asked == yes ]]; then\n"
         "    case \"$command $before\" in\n";
  BashOptions(out, "*", CommonOptions());
  for (const Command& command : commands) {
    BashOptions(out, "'" + std::string(command.words) + "'", command.options);
  }
  out << "    esac\n"
         "  else\n"
         "    case \"$command$group\" in\n"
         "    '') words='"
      << first << "' ;;\n";
  for (const std::string_view group : Groups(commands)) {
    out << "    '" << group << "') words='";
    for (const Command& command : commands) {
      if (const auto [one, two] = Halves(command.words); one == group) out << two << ' ';
    }
    out << "' ;;\n";
  }
  for (const Command& command : commands) {
    out << "    '" << command.words << "') ";
    if (TakesFiles(command)) out << "files=yes ";
    out << "words='" << Spaced(WordsOfOperand(command))
        << "'\n      [[ $current == -* ]] && words='" << Names(command.options) << "' ;;\n";
  }
  out << "    esac\n"
         "    if [[ $current == -* ]]; then files=no words+=' "
      << Names(CommonOptions())
      << "'; fi\n"
         "  fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "  if [[ $files == yes ]]; then\n"
         "    compopt -o filenames 2>/dev/null\n"
         "    local IFS=$'\\n'\n"
         "    COMPREPLY+=($(compgen -f -- \"$current\"))\n"
         "  fi\n"
         "}\n"
         "complete -F _warifu warifu\n";
  return out.str();
}

std::string ZshCompletion(std::span<const Command> commands) {
  std::ostringstream out;
  out << "#compdef warifu\n"
         "# zsh completion for warifu(1), made by \"warifu completion zsh\"\n"
         "_warifu() {\n"
         "  local curcontext=$curcontext context state state_descr line command\n"
         "  typeset -A opt_args\n"
         "  local -a found\n"
         "  _arguments -C";
  ZshOptions(out, CommonOptions());
  out << " \\\n        '1:command:->first' '*::argument:->rest'\n"
         "  case $state in\n"
         "    first)\n"
         "      found=(\n";
  const auto groups = Groups(commands);
  for (const std::string_view word : FirstWords(commands)) {
    out << "        '" << word << ':';
    std::string help;
    for (const Command& command : commands) {
      const auto [one, two] = Halves(command.words);
      if (one != word) continue;
      if (two.empty()) {
        help = command.help;
      } else {
        (help += help.empty() ? "" : ", ") += two;
      }
    }
    out << Described(help) << "'\n";
  }
  out << "      )\n"
         "      _describe command found ;;\n"
         "    rest)\n"
         "      command=$words[1]\n"
         "      case $command in\n";
  for (const std::string_view group : groups) {
    out << "        " << group
        << ")\n"
           "          if (( CURRENT == 2 )); then\n"
           "            found=(\n";
    for (const Command& command : commands) {
      const auto [one, two] = Halves(command.words);
      if (one == group) out << "              '" << two << ':' << Described(command.help) << "'\n";
    }
    out << "            )\n"
           "            _describe command found\n"
           "            return\n"
           "          fi\n"
           "          command+=\" $words[2]\"\n"
           "          shift words\n"
           "          (( CURRENT-- )) ;;\n";
  }
  out << "      esac\n"
         "      case $command in\n";
  for (const Command& command : commands) {
    out << "        '" << command.words << "')\n      _arguments";
    ZshOptions(out, CommonOptions());
    ZshOptions(out, command.options);
    if (const auto words = WordsOfOperand(command); !words.empty()) {
      out << " \\\n        '1:word:(" << Spaced(words) << ")'";
    }
    if (TakesFiles(command)) out << " \\\n        '*:file:_files'";
    out << " ;;\n";
  }
  out << "      esac ;;\n"
         "  esac\n"
         "}\n"
         "_warifu \"$@\"\n";
  return out.str();
}

int RunCompletion(const Arguments& arguments, Terminal& terminal) {
  const std::string& shell = arguments.operands[0];
  if (shell != "bash" && shell != "zsh") {
    PrintError(terminal, {ErrorKind::kInvalid, "completion is made for bash or zsh", {}});
    return kExitError;
  }
  terminal.out << (shell == "bash" ? BashCompletion(Commands()) : ZshCompletion(Commands()));
  return kExitClean;
}

}  // namespace warifu::cli
