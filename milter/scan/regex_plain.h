// PlainRegex: a pattern of another engine in the spelling that RE2 reads.
//
// Rules of other projects are often written in verbose mode, (?x), which RE2 lacks: unescaped white
// space and comments from '#' to the end of the line stand for nothing there, but inside of a class
// they are characters as any. PlainRegex() takes them out and the flag with them, follows the flag
// through groups as the engines do ((?x:…), (?-x), the end of a group), writes (?<name>…) as
// (?P<name>…) and drops (?#…). It judges nothing: what RE2 refuses, it refuses afterwards.
//
// Threads: pure.
#pragma once

#include <string>
#include <string_view>

namespace warifu::scan {

std::string PlainRegex(std::string_view pattern);

}  // namespace warifu::scan
