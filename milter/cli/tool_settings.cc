#include "cli/tool_settings.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <ostream>

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

std::expected<std::shared_ptr<const app::Snapshot>, Errors> SnapshotFor(const Arguments& arguments,
                                                                        Terminal& terminal) {
  auto settings = SettingsFor(arguments);
  if (!settings) return std::unexpected(std::move(settings.error()));
  auto snapshot = app::BuildSnapshot(*std::move(settings), Clock::System(), app::KeyUse::kReadOnly);
  if (snapshot) {
    for (const std::string& warning : (*snapshot)->warnings) {
      terminal.err << "warifu: warning: " << warning << '\n';
    }
    for (const std::string& note : (*snapshot)->notes) {
      terminal.err << "warifu: note: " << note << '\n';
    }
  }
  return snapshot;
}

}  // namespace warifu::cli
