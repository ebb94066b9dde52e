// Settings apply: how the values of the settings that need more than an assignment are taken over.
//
// Internal to app: the rows of the settings table name these. Each takes a value that has passed
// the checks of its kind and range, and refuses what only its meaning rules out; the place is added
// by the loader. Threads: pure.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "app/settings_table.h"

namespace warifu::app {

using Row = const Setting&;
using Done = Result<void>;

template <typename Enum>
Enum Word(const Value& value) {
  Enum word{};
  FromString(value.text, &word);  // the range has been checked
  return word;
}

template <typename Duration = std::chrono::seconds>
Duration Time(const Value& v) {
  return std::chrono::duration_cast<Duration>(std::chrono::milliseconds(v.number));
}

Done SetFault(Settings* s, Row row, const Value& v);
Done SetCheckMode(Settings* s, Row row, const Value& v);
Done SetCheckAction(Settings* s, Row row, const Value& v);
Done SetSeverityAction(Settings* s, Row row, const Value& v);
Done SetStore(Settings* s, Row, const Value& v);
Done SetSocket(Settings* s, Row, const Value& v);
Done SetSocketmap(Settings* s, Row, const Value& v);
Done SetMetrics(Settings* s, Row, const Value& v);
Done SetDirectoryType(Settings* s, Row, const Value& v);
Done SetDirectoryPath(Settings* s, Row, const Value& v);
Done SetDirectoryUrl(Settings* s, Row, const Value& v);
Done SetDirectoryPassword(Settings* s, Row, const Value& v);
Done SetLogTarget(Settings* s, Row, const Value& v);
Done SetEventsTarget(Settings* s, Row, const Value& v);
Done SetLogLevel(Settings* s, Row, const Value& v);
Done SetRealm(Settings* s, Row, const Value& v);
Done SetDomains(Settings* s, Row, const Value& v);
Done ReadNetworks(const Value& v, std::vector<Network>* out);
Done SetHeader(Settings* s, Row, const Value& v);
Done SetSources(Settings* s, const Value& v, bool foreign);
Done SetIgnorePaths(Settings* s, Row, const Value& v);
Done SetRecordIndexes(Settings* s, Row, const Value& v);
Done SetNoticePaths(Settings* s, Row, const Value& v);
Done SetNoticeSources(Settings* s, Row, const Value& v);
Done SetDirections(Settings* s, Row, const Value& v);
Done SetName(std::string* name, const Value& v);
Done SetExemptAccounts(Settings* s, Row, const Value& v);
Done SetExemptRecipients(Settings* s, Row, const Value& v);
Done SetBreakerScopes(Settings* s, Row, const Value& v);
Done SetBreakerExempt(Settings* s, Row, const Value& v);
Done SetExempts(Settings* s, Row, const Value& v);

}  // namespace warifu::app
