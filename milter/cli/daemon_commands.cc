// `warifu status`, `warifu reload` and `warifu log-level`: the running daemon, asked over its
// control socket.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "app/control.h"
#include "base/redact.h"
#include "cli/handlers.h"
#include "cli/tool_settings.h"

namespace warifu::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string Label(std::string key) {
  std::ranges::replace(key, '_', ' ');
  return key;
}

std::string ValueText(const Json& value) {
  if (value.is_string()) return Printable(value.get<std::string>(), 500);
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_object() || value.is_array()) {
    std::string text;
    for (const auto& [key, item] : value.items()) {
      text += (text.empty() ? "" : ", ") + (value.is_object() ? Printable(key) + " " : "") +
              ValueText(item);
    }
    return text.empty() ? "none" : text;
  }
  return value.dump();
}

// "3d 4h", "2m 5s", "0s": the two greatest units that are there.
std::string SpanText(std::int64_t seconds) {
  constexpr std::pair<std::int64_t, char> kUnits[] = {{86'400, 'd'}, {3'600, 'h'}, {60, 'm'}};
  for (std::size_t i = 0; i < std::size(kUnits); ++i) {
    const auto [size, unit] = kUnits[i];
    if (seconds < size) continue;
    const auto [less, small] =
        i + 1 < std::size(kUnits) ? kUnits[i + 1] : std::pair<std::int64_t, char>{1, 's'};
    const std::int64_t rest = seconds % size / less;
    return std::to_string(seconds / size) + unit +
           (rest == 0 ? "" : ' ' + std::to_string(rest) + small);
  }
  return std::to_string(seconds) + 's';
}

// "0.3 ms"; of a daemon of another release it may be missing.
std::string MillisecondsText(const Json& times, const char* key) {
  const auto it = times.is_object() ? times.find(key) : times.end();
  if (it == times.end() || !it->is_number()) return "?";
  char text[40];
  std::snprintf(text, sizeof text, "%.3g ms", it->get<double>() / 1e3);
  return text;
}

// The stages that take most of the time.
std::string StagesText(const Json& stages) {
  std::string text;
  std::size_t shown = 0;
  for (const auto& [name, times] : stages.items()) {
    if (name == "total" || ++shown > 3) continue;
    text += (text.empty() ? "" : ", ") + Printable(name) + ' ' + MillisecondsText(times, "mean_us");
  }
  if (stages.contains("total")) {
    const Json& total = stages["total"];
    text += (text.empty() ? "" : "; ") + ("whole mail " + MillisecondsText(total, "mean_us")) +
            ", 99 of 100 within " + MillisecondsText(total, "p99_us");
  }
  return text.empty() ? "none" : text;
}

// One line of a status: in units for people.
std::pair<std::string, std::string> LineOf(const std::string& key, const Json& value) {
  constexpr std::string_view kSeconds = "_seconds", kBytes = "_bytes";
  if (key.ends_with(kSeconds) && value.is_number_integer()) {
    return {key.substr(0, key.size() - kSeconds.size()), SpanText(value.get<std::int64_t>())};
  }
  if (key.ends_with(kBytes) && value.is_number_integer()) {
    return {key.substr(0, key.size() - kBytes.size()),
            std::to_string(value.get<std::uint64_t>() >> 20) + " MiB"};
  }
  if (key == "stages" && value.is_object()) return {"slowest stages", StagesText(value)};
  return {key, ValueText(value)};
}

void PrintObject(const std::string& text, const Arguments& arguments, Terminal& terminal) {
  if (arguments.json()) {
    terminal.out << text << '\n';
    return;
  }
  Table table;
  const Json object = Json::parse(text);
  for (const auto& [key, value] : object.items()) {
    auto [label, shown] = LineOf(key, value);
    table.Add({{Label(std::move(label)), Style::kDim}, std::move(shown)});
  }
  table.Print(terminal);
}

std::expected<std::string, Errors> SocketFor(const Arguments& arguments) {
  if (arguments.Has("socket")) return arguments.Value("socket");
  const auto settings = SettingsFor(arguments);
  if (!settings) return std::unexpected(settings.error());
  if (settings->control_socket.empty()) {
    return std::unexpected(
        Errors{{ErrorKind::kInvalid, "control.socket is empty: the daemon takes no calls", {}}});
  }
  return settings->control_socket;
}

int Ask(const char* command, const Arguments& arguments, Terminal& terminal,
        const std::string& with = "{}") {
  const auto socket = SocketFor(arguments);
  const app::ControlAnswer answer =
      socket ? app::CallDaemon(*socket, command, with) : std::unexpected(socket.error());
  if (!answer) {
    PrintErrors(terminal, answer.error());
    return kExitError;
  }
  PrintObject(*answer, arguments, terminal);
  return kExitClean;
}

}  // namespace

int RunStatus(const Arguments& arguments, Terminal& terminal) {
  return Ask("status", arguments, terminal);
}

int RunReload(const Arguments& arguments, Terminal& terminal) {
  return Ask("reload", arguments, terminal);
}

int RunLogLevel(const Arguments& arguments, Terminal& terminal) {
  return Ask("log-level", arguments, terminal, Json{{"level", arguments.operands[0]}}.dump());
}

int RunVersion(const Arguments& arguments, Terminal& terminal) {
  if (arguments.json()) {
    terminal.out << Json{{"name", "warifu"}, {"version", WARIFU_VERSION}}.dump() << '\n';
  } else {
    terminal.out << "warifu " << WARIFU_VERSION << '\n';
  }
  return kExitClean;
}

}  // namespace warifu::cli
