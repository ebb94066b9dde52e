#include "cli/tool_settings.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <ostream>
#include <set>

namespace warifu::cli {
namespace {

// The daemon's cache where this user may write it, else one of the user's own.
std::string CacheFor(const std::string& configured) {
  if (configured.empty() || ::access(configured.c_str(), W_OK) == 0) return configured;
  std::string base;
  if (const char* xdg = std::getenv("XDG_CACHE_HOME"); xdg != nullptr && *xdg == '/') {
    base = xdg;
  } else if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') {
    base = std::string(home) + "/.cache";
  }
  if (base.empty()) return "";
  const std::string own = base + "/warifu";
  std::error_code error;
  std::filesystem::create_directories(own, error);
  return error ? "" : own;
}

}  // namespace

std::expected<app::Settings, Errors> SettingsFor(const Arguments& arguments) {
  const std::vector<std::string> rules = arguments.Values("rules");
  std::expected<app::Settings, Errors> settings;
  if (arguments.Has("config")) {
    settings = app::LoadSettings(arguments.Value("config"));
  } else if (rules.empty() && std::filesystem::exists(kDefaultConfig)) {
    settings = app::LoadSettings(kDefaultConfig);
  } else {
    settings = app::DefaultSettings();
  }
  if (!settings) return settings;
  if (!rules.empty()) settings->rules.sources.clear();
  for (const std::string& path : rules) {
    settings->rules.sources.push_back({path, arguments.Has("foreign")});
  }
  const std::vector<std::string> baselines = arguments.Values("baseline");
  settings->ignore_paths.insert(settings->ignore_paths.end(), baselines.begin(), baselines.end());
  settings->rules.cache_dir = CacheFor(settings->rules.cache_dir);
  return settings;
}

std::expected<std::shared_ptr<const app::Snapshot>, Errors> LoadSnapshot(
    const Arguments& arguments) {
  auto settings = SettingsFor(arguments);
  if (!settings) return std::unexpected(std::move(settings.error()));
  auto snapshot = app::BuildSnapshot(*std::move(settings), Clock::System(), app::KeyUse::kReadOnly);
  if (!snapshot) return snapshot;
  if (auto none = NoRules(arguments, *(*snapshot)->rules)) {
    return std::unexpected(Errors{*std::move(none)});
  }
  return snapshot;
}

void TellNotes(std::initializer_list<const app::Snapshot*> snapshots, Terminal& terminal) {
  std::set<std::string> told;
  const auto tell = [&](const char* kind, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      if (told.insert(text).second) terminal.err << "warifu: " << kind << ": " << text << '\n';
    }
  };
  for (const app::Snapshot* snapshot : snapshots) {
    if (snapshot == nullptr) continue;
    tell("warning", snapshot->warnings);
    tell("note", snapshot->notes);
  }
}

std::expected<std::shared_ptr<const app::Snapshot>, Errors> SnapshotFor(const Arguments& arguments,
                                                                        Terminal& terminal) {
  auto snapshot = LoadSnapshot(arguments);
  if (snapshot) TellNotes({snapshot->get()}, terminal);
  return snapshot;
}

std::optional<Error> NoRules(const Arguments& arguments, const scan::PatternSet& rules) {
  const std::vector<std::string> paths = arguments.Values("rules");
  if (paths.empty() || !rules.rules().empty()) return std::nullopt;
  return Error{ErrorKind::kInvalid,
               "there is no rule in it (rules stand in files *.toml, see warifu-patterns(5))",
               {paths.size() == 1 ? paths[0] : paths[0] + " and the others"}};
}

std::string WithoutConfig(const Arguments& arguments) {
  if (arguments.Has("config") || arguments.Has("rules") || arguments.Has("socket") ||
      std::filesystem::exists(kDefaultConfig)) {
    return "";
  }
  return std::string(kDefaultConfig) +
         " is not there: name your configuration with -c FILE; an example to begin with is " +
         kExampleConfig;
}

}  // namespace warifu::cli
