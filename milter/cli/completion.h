// Completion: scripts by which a shell completes the words of a command line, made from the command
// table, so that they cannot know another tool than this one.
//
// They complete commands, options, an option's words and names of files; never addresses, accounts
// or references, which would cost a question to the store at each press of a key.
//
// Threads: pure.
#pragma once

#include <span>
#include <string>

#include "cli/command.h"

namespace warifu::cli {

// For bash 4 and later, without the helpers of the bash-completion package.
std::string BashCompletion(std::span<const Command> commands);
// For zsh 5: a function file of the name _warifu.
std::string ZshCompletion(std::span<const Command> commands);

}  // namespace warifu::cli
