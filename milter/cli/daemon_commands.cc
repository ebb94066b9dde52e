// `warifu status` and `warifu reload`: the running daemon, asked over its control socket.
#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

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

void PrintObject(const std::string& text, const Arguments& arguments, Terminal& terminal) {
  if (arguments.json()) {
    terminal.out << text << '\n';
    return;
  }
  Table table;
  const Json object = Json::parse(text);
  for (const auto& [key, value] : object.items()) {
    table.Add({{Label(key), Style::kDim}, ValueText(value)});
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

int Ask(const char* command, const Arguments& arguments, Terminal& terminal) {
  const auto socket = SocketFor(arguments);
  const app::ControlAnswer answer =
      socket ? app::CallDaemon(*socket, command) : std::unexpected(socket.error());
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

int RunVersion(const Arguments& arguments, Terminal& terminal) {
  if (arguments.json()) {
    terminal.out << Json{{"name", "warifu"}, {"version", WARIFU_VERSION}}.dump() << '\n';
  } else {
    terminal.out << "warifu " << WARIFU_VERSION << '\n';
  }
  return kExitClean;
}

}  // namespace warifu::cli
