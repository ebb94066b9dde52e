#include "cli/check_system.h"

#include <grp.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

#include "cli/file_rights.h"
#include "cli/program.h"

namespace warifu::cli {
namespace {

class Checker {
 public:
  explicit Checker(const app::Settings& settings) : settings_(settings) {}

  CheckReport Run() {
    FindUser();
    if (!settings_.path.empty()) Config();
    if (settings_.socket.address.starts_with("unix:")) {
      WritableFolder("socket", FolderOf(settings_.socket.address.substr(5)));
    }
    Group("socket.group", settings_.socket.group, true);
    if (!settings_.control_socket.empty()) {
      WritableFolder("control socket", FolderOf(settings_.control_socket));
    }
    Group("control.group", settings_.control_group, true);
    if (!settings_.rules.cache_dir.empty()) {
      WritableFolder("cache", settings_.rules.cache_dir);
      CacheFiles();
    }
    if (!settings_.pid_file.empty()) WritableFolder("pid file", FolderOf(settings_.pid_file));
    Key();
    OutputFile("log", settings_.log.target);
    OutputFile("events", settings_.events_target);
    if (!settings_.directory.path.empty()) InputFile("directory", settings_.directory.path);
    SecretFile("directory", settings_.directory.sql.password_file);
    SecretFile("lease", settings_.identity.lease.sql.password_file);
    const std::string& leases = settings_.identity.lease.table;
    if (!leases.empty()) InputFile("lease", leases);
    const std::string& certificates = settings_.identity.certificate_table;
    if (!certificates.empty()) InputFile("certificate", certificates);
    for (const scan::RuleSource& source : settings_.rules.sources) {
      InputFile("rules", source.path);
    }
    Store();
    return std::move(report_);
  }

 private:
  // `commands`: what mends it.
  void Add(CheckLevel level, const std::string& what, std::string text, std::string path = "",
           const std::vector<std::string>& commands = {}) {
    CheckLine line{level, what, std::move(text), {std::move(path)}};
    for (const std::string& command : commands) {
      line.remedies.push_back({Remedy::Kind::kCommand, command});
    }
    report_.push_back(std::move(line));
  }

  std::string Own(const std::string& path) const {
    return "chown " + user_->name + ": " + ShellWord(path);
  }

  static std::string FolderOf(const std::string& path) {
    return std::filesystem::path(path).parent_path().string();
  }

  void FindUser() {
    if (!settings_.user.empty()) {
      user_ = UserNamed(settings_.user);
      if (!user_)
        Add(CheckLevel::kError, "user",
            "there is no user '" + settings_.user +
                "'; the Debian package makes it, or: useradd --system " + settings_.user,
            "", {"useradd --system " + settings_.user});
    }
    if (!user_) user_ = UserOfProcess();
    who_ = "user '" + user_->name + "'";
  }

  // False, with a line, when it is not there or out of sight.
  bool Stat(const std::string& what, const std::string& path, struct stat* status,
            const std::string& absent, const std::vector<std::string>& commands = {}) {
    if (::stat(path.c_str(), status) == 0) return true;
    if (errno == ENOENT) {
      if (!absent.empty()) Add(CheckLevel::kWarning, what, absent, path, commands);
    } else {
      Add(CheckLevel::kWarning, what, std::string("cannot look: ") + std::strerror(errno), path);
    }
    return false;
  }

  // Every folder above can be passed through.
  bool Reachable(const std::string& what, const std::string& path) {
    const std::string barred = BarredFolder(*user_, path);
    if (barred.empty()) return true;
    Add(CheckLevel::kError, what, who_ + " may not pass through " + barred, path,
        {"chmod o+x " + ShellWord(barred)});
    return false;
  }

  void Config() {
    struct stat status{};
    if (!Stat("configuration", settings_.path, &status, "")) return;
    if (IsOpenToAll(status)) {
      Add(CheckLevel::kError, "configuration", "everybody may write to it", settings_.path,
          {"chmod o-w " + ShellWord(settings_.path)});
    }
    if (!May(*user_, status, 4)) {
      Add(CheckLevel::kError, "configuration", who_ + " may not read it", settings_.path,
          {"chgrp " + NameOfGroup(user_->group) + " " + ShellWord(settings_.path),
           "chmod g+r " + ShellWord(settings_.path)});
    }
  }

  void WritableFolder(const std::string& what, const std::string& path) {
    struct stat status{};
    const std::string command = "install -d -o " + user_->name + " " + path;
    if (!Stat(what, path, &status,
              "the folder is not there; unless the systemd unit makes it: " + command, {command}))
      return;
    if (!S_ISDIR(status.st_mode)) return Add(CheckLevel::kError, what, "is no folder", path);
    if (IsOpenToAll(status)) {
      Add(CheckLevel::kError, what, "everybody may write to the folder", path,
          {"chmod o-w " + ShellWord(path)});
    }
    if (Reachable(what, path) && !May(*user_, status, 3)) {
      Add(CheckLevel::kError, what, who_ + " may not write to the folder", path, {Own(path)});
    }
  }

  void Group(const std::string& what, const std::string& name, bool member) {
    if (name.empty()) return;
    const group* entry = ::getgrnam(name.c_str());
    if (entry == nullptr) {
      Add(CheckLevel::kError, what, "there is no group '" + name + "'");
    } else if (member && user_->uid != 0 &&
               std::ranges::find(user_->groups, entry->gr_gid) == user_->groups.end()) {
      Add(CheckLevel::kError, what,
          who_ + " is no member of group '" + name + "', so it cannot give it the socket", "",
          {"usermod -aG " + name + " " + user_->name});
    }
  }

  void Key() {
    const std::string& path = settings_.fingerprint_key_file;
    struct stat status{};
    if (path.empty() || !Stat("key", path, &status, "")) return;
    if ((status.st_mode & (S_IROTH | S_IWOTH)) != 0) {
      Add(CheckLevel::kError, "key", "everybody may read the fingerprint key", path,
          {"chmod o-rw " + ShellWord(path)});
    }
    if (!May(*user_, status, 4)) {
      Add(CheckLevel::kError, "key", who_ + " may not read it", path, {Own(path)});
    }
  }

  void OutputFile(const std::string& what, const std::string& path) {
    if (!path.starts_with('/')) return;
    struct stat status{};
    if (!Stat(what, path, &status, "")) return WritableFolder(what, FolderOf(path));
    if (!May(*user_, status, 2)) {
      Add(CheckLevel::kError, what, who_ + " may not write to the file", path, {Own(path)});
    }
    if ((status.st_mode & S_IROTH) != 0) {
      Add(CheckLevel::kWarning, what, "everybody may read the file", path,
          {"chmod o-r " + ShellWord(path)});
    }
  }

  // Compiled rules that root made: they are made anew at each start, or stay unread.
  void CacheFiles() {
    std::error_code error;
    for (const auto& entry :
         std::filesystem::directory_iterator(settings_.rules.cache_dir, error)) {
      struct stat status{};
      const std::string path = entry.path().string();
      if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
      if (May(*user_, status, 4)) continue;
      Add(CheckLevel::kWarning, "cache",
          who_ + " may not read it: rules are compiled at each start", path, {Own(path)});
    }
  }

  // SQLite makes files beside its own. A server is asked by `warifu store check`.
  void Store() {
    constexpr std::string_view kFile = "sqlite:";
    if (!settings_.store.url.starts_with(kFile)) return;
    const std::string path = settings_.store.url.substr(kFile.size());
    WritableFolder("store", FolderOf(path));
    struct stat status{};
    if (!Stat("store", path, &status, "")) return;
    if (!S_ISREG(status.st_mode)) return Add(CheckLevel::kError, "store", "is no file", path);
    // A tool that ran as root leaves files that are root's.
    for (const char* beside : {"", "-wal", "-shm"}) {
      const std::string file = path + beside;
      if (::stat(file.c_str(), &status) != 0) continue;
      if (!May(*user_, status, 6)) {
        Add(CheckLevel::kError, "store", who_ + " may not write to the file", file, {Own(file)});
      }
      if ((status.st_mode & S_IROTH) != 0) {
        Add(CheckLevel::kError, "store", "everybody may read it", file,
            {"chmod o-r " + ShellWord(file)});
      }
    }
  }

  void SecretFile(const std::string& what, const std::string& path) {
    if (path.empty()) return;
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
      Add(CheckLevel::kError, what, "everybody may read the password", path,
          {"chmod o-r " + ShellWord(path)});
    }
    InputFile(what, path);
  }

  // What is missing is told by whoever reads it.
  void InputFile(const std::string& what, const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return;
    if (IsOpenToAll(status)) {
      Add(CheckLevel::kError, what, "everybody may write to it", path,
          {"chmod o-w " + ShellWord(path)});
    }
    const mode_t right = S_ISDIR(status.st_mode) ? 5 : 4;
    if (Reachable(what, path) && !May(*user_, status, right)) {
      Add(CheckLevel::kError, what, who_ + " may not read it", path,
          {"chgrp " + NameOfGroup(user_->group) + " " + ShellWord(path),
           "chmod g+r " + ShellWord(path)});
    }
  }

  const app::Settings& settings_;
  std::optional<User> user_;
  std::string who_;
  CheckReport report_;
};

}  // namespace

CheckReport CheckSystem(const app::Settings& settings) {
  return Checker(settings).Run();
}

}  // namespace warifu::cli
