// Settings table: one row a setting, with name, kind, default, range and help.
//
// The table is the only list of settings: it drives reading, defaults and range checks, what
// `warifu check` prints, and the test that warifu.conf(5) and conf/warifu.conf name every setting
// and nothing else. Names are dotted paths of the file's groups; "listeners[].mode" is the member
// of each entry of the list `listeners`. Threads: const.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "base/error.h"

namespace warifu::app {

enum class Kind {
  kFlag,      // true or false
  kInteger,   // range "1..1000"
  kSize,      // string with a unit, range "1K..4G": B, K, M, G (1K = 1,024)
  kDuration,  // string with a unit, range "1s..5m": ms, s, m, h, d
  kOctal,     // string, permissions: "0660"
  kText,      // string; `range` describes it
  kPath,      // string, absolute path or ""
  kWord,      // string, one of `range`: "observe|enforce"
  kTexts,     // array of strings; `range` describes one
  kWords,     // array of strings, each one of `range`
};

struct Value {
  std::string text;                // as written; of kTexts and kWords nothing
  std::vector<std::string> texts;  // kTexts, kWords
  std::int64_t number = 0;         // kInteger; kSize in bytes; kDuration in milliseconds; kOctal
  bool flag = false;
};

struct Setting {
  std::string_view name;
  Kind kind;
  std::string_view standard;  // the default as written, without quotes; lists by ", "
  std::string_view range;
  std::string_view help;
  // Takes a value that has passed the checks of its kind. Entries of lists go to the last one.
  Result<void> (*apply)(Settings* settings, const Setting& setting, const Value& value);
};

std::span<const Setting> SettingsTable();

// Last part of a dotted name: "mode" of "listeners[].mode".
std::string_view Leaf(std::string_view name);

// Reads `text` (lists: `texts`) as the setting's kind and checks its range. kInvalid, without
// place.
Result<Value> ReadValue(const Setting& setting, std::string_view text);
Result<Value> ReadValue(const Setting& setting, std::vector<std::string> texts);
// The default.
Value StandardValue(const Setting& setting);

// As it would be written in the file: "64M" in quotes, true, ["a", "b"].
std::string Render(const Setting& setting, const Value& value);

// "size", "list of words", … for manuals and messages.
std::string_view KindName(Kind kind);
bool IsList(Kind kind);

}  // namespace warifu::app
