#include "app/settings.h"

#include <algorithm>
#include <libconfig.h++>
#include <map>

#include "app/settings_source.h"
#include "app/settings_table.h"
#include "base/nearest.h"

namespace warifu::app {
namespace {

constexpr std::string_view kListeners = "listeners";
constexpr std::string_view kExemptions = "exemptions";

bool IsEntrySetting(std::string_view name) {
  return name.find("[].") != std::string_view::npos;
}

// Every name that may be written: settings, their groups, and the two lists.
std::vector<std::string_view> KnownNames() {
  std::vector<std::string_view> names = {kListeners, kExemptions};
  for (const Setting& setting : SettingsTable()) {
    names.push_back(setting.name);
    for (std::size_t dot = setting.name.find('.'); dot != std::string_view::npos;
         dot = setting.name.find('.', dot + 1)) {
      if (!IsEntrySetting(setting.name)) names.push_back(setting.name.substr(0, dot));
    }
  }
  return names;
}

const Setting* FindSetting(std::string_view name) {
  const auto table = SettingsTable();
  const auto it = std::ranges::find(table, name, &Setting::name);
  return it == table.end() ? nullptr : &*it;
}

bool IsGroupName(std::string_view name) {
  return std::ranges::any_of(SettingsTable(), [&](const Setting& setting) {
    return setting.name.size() > name.size() && setting.name.starts_with(name) &&
           setting.name[name.size()] == '.';
  });
}

// The setting of that name in another group, or one spelled nearly so.
std::string Suggest(std::string_view name) {
  const std::vector<std::string_view> names = KnownNames();
  const auto moved = std::ranges::find_if(names, [&](std::string_view known) {
    return known != name && Leaf(known) == Leaf(name) && !IsEntrySetting(known);
  });
  std::string near = DidYouMean(name, names);
  if (!near.empty() || moved == names.end()) return near;
  return " (did you mean '" + std::string(*moved) + "'?)";
}

// Text of a scalar as ReadValue() wants it; an Error where its type does not fit the kind.
Result<std::string> ScalarText(const libconfig::Setting& node, Kind kind) {
  using Type = libconfig::Setting;
  const auto type = node.getType();
  const bool number = type == Type::TypeInt || type == Type::TypeInt64;
  if (kind == Kind::kFlag) {
    if (type == Type::TypeBoolean) return bool(node) ? "true" : "false";
    return Fail(ErrorKind::kInvalid, "must be true or false, without quotes");
  }
  if (kind == Kind::kInteger) {
    if (type == Type::TypeInt) return std::to_string(static_cast<int>(node));
    if (type == Type::TypeInt64) return std::to_string(static_cast<long long>(node));
    return Fail(ErrorKind::kInvalid, "must be a whole number, without quotes");
  }
  if (type == Type::TypeString) return std::string(node.c_str());
  if (number && (kind == Kind::kSize || kind == Kind::kDuration || kind == Kind::kOctal)) {
    return Fail(ErrorKind::kInvalid,
                kind == Kind::kSize       ? "must be a string with a unit, such as \"64M\""
                : kind == Kind::kDuration ? "must be a string with a unit, such as \"30s\""
                                          : "must be a string, such as \"0660\"");
  }
  return Fail(ErrorKind::kInvalid, "must be a string in quotes");
}

class Loader {
 public:
  Loader(std::string path, Settings* settings, Errors* errors)
      : path_(std::move(path)), settings_(settings), errors_(errors) {
    settings_->path = path_;
    for (const Setting& setting : SettingsTable()) {
      if (!IsEntrySetting(setting.name)) Take(setting, StandardValue(setting), {});
    }
  }

  // Lists last: their entries may depend on single settings.
  void ReadRoot(const libconfig::Setting& root) {
    ReadGroup(root, "");
    for (const libconfig::Setting* list : lists_) ReadList(*list);
    CheckWhole();
  }

  void Finish() {
    for (const Setting& setting : SettingsTable()) {
      if (const auto it = values_.find(std::string(setting.name)); it != values_.end()) {
        settings_->effective.push_back(it->second);
      }
    }
    for (EffectiveSetting& entry : entries_) settings_->effective.push_back(std::move(entry));
  }

 private:
  Place PlaceOf(const libconfig::Setting& node) const {
    const char* file = node.getSourceFile();
    return {file != nullptr ? file : path_, static_cast<int>(node.getSourceLine())};
  }

  Place PlaceOf(const std::string& name) const {
    const auto it = values_.find(name);
    return it != values_.end() && it->second.place.line > 0 ? it->second.place : Place{path_};
  }

  void AddError(std::string_view name, std::string_view why, Place place) {
    errors_->push_back(
        {ErrorKind::kInvalid, std::string(name) + ": " + std::string(why), std::move(place)});
  }

  void Take(const Setting& setting, const Value& value, const Place& place) {
    if (Result<void> applied = setting.apply(settings_, setting, value); !applied) {
      AddError(setting.name, applied.error().text, place);
    }
    const std::string name(setting.name);
    if (!IsEntrySetting(name)) values_[name] = {name, Render(setting, value), place};
  }

  void ReadGroup(const libconfig::Setting& group, const std::string& prefix) {
    for (int i = 0; i < group.getLength(); ++i) {
      const libconfig::Setting& node = group[i];
      const std::string name = prefix + node.getName();
      if (name == kListeners || name == kExemptions) {
        lists_.push_back(&node);
      } else if (const Setting* setting = FindSetting(name)) {
        ReadSetting(*setting, name, node);
      } else if (!IsGroupName(name)) {
        AddError(name, "is no setting" + Suggest(name), PlaceOf(node));
      } else if (!node.isGroup()) {
        AddError(name, "is a group of settings: " + name + " = { ... };", PlaceOf(node));
      } else {
        ReadGroup(node, name + ".");
      }
    }
  }

  // False when it was refused; `name` is what a person reads.
  bool ReadSetting(const Setting& setting, const std::string& name,
                   const libconfig::Setting& node) {
    const Result<Value> value = ReadNode(setting, node);
    if (!value) {
      AddError(name, value.error().text, PlaceOf(node));
      return false;
    }
    Take(setting, *value, PlaceOf(node));
    return true;
  }

  static Result<Value> ReadNode(const Setting& setting, const libconfig::Setting& node) {
    if (!IsList(setting.kind)) {
      const Result<std::string> text = ScalarText(node, setting.kind);
      if (!text) return std::unexpected(text.error());
      return ReadValue(setting, *text);
    }
    std::vector<std::string> texts;
    if (node.getType() == libconfig::Setting::TypeString) {
      texts.emplace_back(node.c_str());
    } else if (!node.isArray() && !node.isList()) {
      return Fail(ErrorKind::kInvalid, "must be a list of strings: [ \"...\", \"...\" ]");
    } else {
      for (int i = 0; i < node.getLength(); ++i) {
        const Result<std::string> text = ScalarText(node[i], Kind::kText);
        if (!text) return Fail(ErrorKind::kInvalid, "must be a list of strings");
        texts.push_back(*text);
      }
    }
    return ReadValue(setting, std::move(texts));
  }

  void ReadList(const libconfig::Setting& list) {
    const std::string name = list.getName();
    if (!list.isList()) {
      return AddError(name, "is a list of groups: " + name + " = ( { ... }, { ... } );",
                      PlaceOf(list));
    }
    for (int i = 0; i < list.getLength(); ++i) {
      const std::string entry = name + "[" + std::to_string(i) + "]";
      if (!list[i].isGroup()) {
        AddError(entry, "must be a group of settings: { ... }", PlaceOf(list[i]));
        continue;
      }
      if (name == kListeners) {
        settings_->listeners.emplace_back();
      } else {
        settings_->exemptions.emplace_back();
      }
      ReadEntry(list[i], name, entry);
      if (name == kListeners) {
        CheckListener(entry, PlaceOf(list[i]));
      } else {
        CheckExemption(entry, PlaceOf(list[i]));
      }
    }
  }

  void ReadEntry(const libconfig::Setting& group, const std::string& list,
                 const std::string& entry) {
    std::map<std::string_view, const libconfig::Setting*> given;
    for (int i = 0; i < group.getLength(); ++i) {
      const std::string name = list + "[]." + group[i].getName();
      if (const Setting* setting = FindSetting(name)) {
        given[setting->name] = &group[i];
      } else {
        AddError(entry + "." + group[i].getName(), "is no setting" + Suggest(name),
                 PlaceOf(group[i]));
      }
    }
    for (const Setting& setting : SettingsTable()) {
      if (!setting.name.starts_with(list + "[].")) continue;
      const std::string name = entry + "." + std::string(Leaf(setting.name));
      const auto it = given.find(setting.name);
      const Result<Value> value =
          it != given.end() ? ReadNode(setting, *it->second) : StandardValue(setting);
      const Place place = PlaceOf(it != given.end() ? *it->second : group);
      if (!value) {
        AddError(name, value.error().text, place);
      } else if (Result<void> applied = setting.apply(settings_, setting, *value); !applied) {
        AddError(name, applied.error().text, place);
      } else {
        entries_.push_back({name, Render(setting, *value), it != given.end() ? place : Place{}});
      }
    }
  }

  void CheckListener(const std::string& entry, const Place& place) {
    const Listener& last = settings_->listeners.back();
    for (std::size_t i = 0; i + 1 < settings_->listeners.size(); ++i) {
      const Listener& other = settings_->listeners[i];
      if (other.name == last.name) AddError(entry, "has the name of another listener", place);
      if (other.daemon_name == last.daemon_name) {
        AddError(entry, "has the daemon_name of another listener", place);
      }
    }
  }

  void CheckExemption(const std::string& entry, const Place& place) {
    const Exemption& last = settings_->exemptions.back();
    if (last.networks.empty() && last.accounts.empty() && last.recipients.empty()) {
      AddError(entry, "names no networks, accounts or recipients, so it would exempt every mail",
               place);
    }
    if (!last.content && last.checks.empty()) {
      AddError(entry, "does not say in 'exempts' what is let off", place);
    }
    if (!last.recipients.empty() &&
        (last.checks.contains(Check::kSession) || last.checks.contains(Check::kSender))) {
      AddError(entry, "session and sender are answered before the recipients are known", place);
    }
  }

  void CheckWhole() {
    const binding::RealmOptions& realm = settings_->binding.realm;
    if (realm.rule == binding::RealmOptions::Rule::kAdd && realm.realm.empty()) {
      AddError("account.realm", "\"add\" needs account.realm_name", PlaceOf("account.realm"));
    }
    if (settings_->limits.header_bytes > settings_->limits.message_bytes) {
      AddError("limits.header", "is larger than limits.message", PlaceOf("limits.header"));
    }
    CheckDirectory();
    CheckLease();
    CheckChanges();
  }

  // To something else than its default.
  bool IsSet(const std::string& name) const {
    const auto it = values_.find(name);
    const Setting* setting = FindSetting(name);
    return it != values_.end() && setting != nullptr && it->second.place.line > 0 &&
           it->second.value != Render(*setting, StandardValue(*setting));
  }

  void Require(const std::string& name, const std::string& for_what, const std::string& at) {
    if (!IsSet(name)) AddError(name, "is missing: " + for_what + " needs it", PlaceOf(at));
  }

  void Refuse(const std::string& name, const std::string& why) {
    if (IsSet(name)) AddError(name, why, PlaceOf(name));
  }

  // Each kind of directory has settings of its own; one of another kind would be read by nobody.
  void CheckDirectory() {
    using Type = binding::DirectoryOptions::Type;
    const binding::DirectoryOptions& directory = settings_->directory;
    const bool table = directory.type == Type::kTable, sql = directory.type == Type::kSql;
    const bool ldap = directory.type == Type::kLdap;
    const std::string kind = "directory.type = " + values_["directory.type"].value;
    const std::string stray = "does not belong to " + kind;
    if (!table) Refuse("directory.table", stray);
    if (table && IsSet("directory.table")) {
      Refuse("directory.path", "stands beside directory.table; one of them is enough");
    }
    if (sql || ldap) {
      Refuse("directory.path", stray);
      Require("directory.url", kind, "directory.type");
    } else {
      Refuse("directory.url", stray);
      Refuse("directory.password_file", stray);
      if (!table) Require("directory.path", kind, "directory.type");
    }
    if (sql) {
      Require("directory.query", kind, "directory.type");
    } else {
      Refuse("directory.query", stray);
      Refuse("directory.list_query", stray);
    }
    for (const Setting& setting : SettingsTable()) {
      if (!ldap && setting.name.starts_with("directory.ldap.")) {
        Refuse(std::string(setting.name), stray);
      }
    }
    if (ldap) {
      Require("directory.ldap.base", kind, "directory.type");
      Require("directory.ldap.filter", kind, "directory.type");
    }
  }

  void CheckLease() {
    if (IsSet("lease.table")) {
      for (const char* name : {"lease.url", "lease.query", "lease.password_file"}) {
        Refuse(name, "stands beside lease.table; leases come from one source");
      }
    } else if (IsSet("lease.url")) {
      Require("lease.query", "lease.url", "lease.url");
    } else {
      Refuse("lease.query", "is read by nobody without lease.url");
      Refuse("lease.password_file", "is read by nobody without lease.url");
    }
  }

  void CheckChanges() {
    if (!IsSet("changes.url")) {
      Refuse("changes.query", "is read by nobody without changes.url");
      Refuse("changes.password_file", "is read by nobody without changes.url");
      return;
    }
    Require("changes.query", "changes.url", "changes.url");
    if (settings_->store.url.empty()) {
      AddError("changes.url", "needs a store: store.url is empty", PlaceOf("changes.url"));
    }
  }

  const std::string path_;
  Settings* settings_;
  Errors* errors_;
  std::map<std::string, EffectiveSetting> values_;
  std::vector<EffectiveSetting> entries_;
  std::vector<const libconfig::Setting*> lists_;
};

}  // namespace

std::expected<Settings, Errors> LoadSettings(const std::string& path) {
  Errors errors = CheckSource(path);
  if (!errors.empty()) return std::unexpected(std::move(errors));
  Settings settings;
  try {
    libconfig::Config config;
    config.setIncludeDir(FolderOf(path).c_str());
    config.readFile(path.c_str());
    Loader loader(path, &settings, &errors);
    loader.ReadRoot(config.getRoot());
    loader.Finish();
  } catch (const libconfig::ParseException& e) {
    const Place place{e.getFile() != nullptr ? e.getFile() : path, e.getLine()};
    return std::unexpected(
        Errors{{ErrorKind::kInvalid, e.getError() + DottedNameHint(place), place}});
  } catch (const libconfig::FileIOException&) {
    return std::unexpected(Errors{{ErrorKind::kSystem, "cannot be read", {path}}});
  } catch (const std::exception& e) {
    return std::unexpected(Errors{{ErrorKind::kInternal, e.what(), {path}}});
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return settings;
}

Settings DefaultSettings() {
  Settings settings;
  Errors errors;  // a default that is refused is a defect that a test finds
  Loader loader("", &settings, &errors);
  loader.Finish();
  return settings;
}

Listener ListenerFor(const Settings& settings, std::string_view daemon_name) {
  const auto named = [&](std::string_view name) {
    return std::ranges::find(settings.listeners, name, &Listener::daemon_name);
  };
  auto it = named(daemon_name);
  if (it == settings.listeners.end()) it = named("");
  if (it != settings.listeners.end()) return *it;
  Listener other;
  other.name = "default";
  return other;
}

}  // namespace warifu::app
