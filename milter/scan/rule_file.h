// RuleFile: the reader of rule files, warifu's own and foreign packs.
//
// Reads every source, checks each key's type and each value's meaning, and collects all mistakes of
// all files with file, line and column. Nothing is compiled here but the record schemas.
//
// A foreign pack (gitleaks.toml and its kin) is read with that project's meaning, but for what
// would let a sender exempt himself: its global allowlist applies to its own rules only and its
// regexes must match the whole secret; path allowlists are off; marks such as "gitleaks:allow" in
// the text are never honoured. Keys without meaning for mail are ignored and noted; `extend` is
// refused, since rules would be missing in silence.
//
// Threads: pure but for reading the files.
#pragma once

#include <span>

#include "scan/rule.h"

namespace warifu::scan {

RuleFiles ReadRuleFiles(std::span<const RuleSource> sources, const ActionDefaults& actions);

}  // namespace warifu::scan
