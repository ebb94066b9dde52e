#include "cli/check_system.h"

#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>

namespace warifu::cli {
namespace {

struct User {
  std::string name;
  uid_t uid = 0;
  std::vector<gid_t> groups;
};

std::optional<User> UserOf(const passwd* entry) {
  if (entry == nullptr) return std::nullopt;
  User user{entry->pw_name, entry->pw_uid, std::vector<gid_t>(64)};
  int count = static_cast<int>(user.groups.size());
  while (::getgrouplist(entry->pw_name, entry->pw_gid, user.groups.data(), &count) < 0) {
    user.groups.resize(user.groups.size() * 2);
    count = static_cast<int>(user.groups.size());
  }
  user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

// `right`: 4 read, 2 write, 1 search.
bool May(const User& user, const struct stat& status, mode_t right) {
  if (user.uid == 0) return true;
  if (status.st_uid == user.uid) return (status.st_mode >> 6 & right) == right;
  if (std::ranges::find(user.groups, status.st_gid) != user.groups.end()) {
    return (status.st_mode >> 3 & right) == right;
  }
  return (status.st_mode & right) == right;
}

bool IsOpenToAll(const struct stat& status) {
  return (status.st_mode & S_IWOTH) != 0 && (status.st_mode & S_ISVTX) == 0;
}

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
    if (!settings_.rules.cache_dir.empty()) WritableFolder("cache", settings_.rules.cache_dir);
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
  void Add(CheckLevel level, const std::string& what, std::string text, std::string path = "") {
    report_.push_back({level, what, std::move(text), {std::move(path)}});
  }

  static std::string FolderOf(const std::string& path) {
    return std::filesystem::path(path).parent_path().string();
  }

  void FindUser() {
    if (!settings_.user.empty()) {
      user_ = UserOf(::getpwnam(settings_.user.c_str()));
      if (!user_)
        Add(CheckLevel::kError, "user",
            "there is no user '" + settings_.user +
                "'; the Debian package makes it, or: useradd --system " + settings_.user);
    }
    if (!user_) user_ = UserOf(::getpwuid(::geteuid()));
    if (!user_) user_ = User{"?", ::geteuid(), {::getegid()}};
    who_ = "user '" + user_->name + "'";
  }

  // False, with a line, when it is not there or out of sight.
  bool Stat(const std::string& what, const std::string& path, struct stat* status,
            const std::string& absent) {
    if (::stat(path.c_str(), status) == 0) return true;
    if (errno == ENOENT) {
      if (!absent.empty()) Add(CheckLevel::kWarning, what, absent, path);
    } else {
      Add(CheckLevel::kWarning, what, std::string("cannot look: ") + std::strerror(errno), path);
    }
    return false;
  }

  // Every folder above can be passed through.
  bool Reachable(const std::string& what, const std::string& path) {
    for (std::filesystem::path at = std::filesystem::path(path).parent_path();
         at.has_relative_path(); at = at.parent_path()) {
      struct stat status{};
      if (::stat(at.c_str(), &status) == 0 && !May(*user_, status, 1)) {
        Add(CheckLevel::kError, what, who_ + " may not pass through " + at.string(), path);
        return false;
      }
    }
    return true;
  }

  void Config() {
    struct stat status{};
    if (!Stat("configuration", settings_.path, &status, "")) return;
    if (IsOpenToAll(status)) {
      Add(CheckLevel::kError, "configuration", "everybody may write to it", settings_.path);
    }
    if (!May(*user_, status, 4)) {
      Add(CheckLevel::kError, "configuration", who_ + " may not read it", settings_.path);
    }
  }

  void WritableFolder(const std::string& what, const std::string& path) {
    struct stat status{};
    if (!Stat(what, path, &status,
              "the folder is not there; unless the systemd unit makes it: install -d -o " +
                  user_->name + " " + path))
      return;
    if (!S_ISDIR(status.st_mode)) return Add(CheckLevel::kError, what, "is no folder", path);
    if (IsOpenToAll(status)) {
      Add(CheckLevel::kError, what, "everybody may write to the folder", path);
    }
    if (Reachable(what, path) && !May(*user_, status, 3)) {
      Add(CheckLevel::kError, what, who_ + " may not write to the folder", path);
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
          who_ + " is no member of group '" + name + "', so it cannot give it the socket");
    }
  }

  void Key() {
    const std::string& path = settings_.fingerprint_key_file;
    struct stat status{};
    if (path.empty() || !Stat("key", path, &status, "")) return;
    if ((status.st_mode & (S_IROTH | S_IWOTH)) != 0) {
      Add(CheckLevel::kError, "key", "everybody may read the fingerprint key", path);
    }
    if (!May(*user_, status, 4)) Add(CheckLevel::kError, "key", who_ + " may not read it", path);
  }

  void OutputFile(const std::string& what, const std::string& path) {
    if (!path.starts_with('/')) return;
    struct stat status{};
    if (!Stat(what, path, &status, "")) return WritableFolder(what, FolderOf(path));
    if (!May(*user_, status, 2)) {
      Add(CheckLevel::kError, what, who_ + " may not write to the file", path);
    }
    if ((status.st_mode & S_IROTH) != 0) {
      Add(CheckLevel::kWarning, what, "everybody may read the file", path);
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
    if (!May(*user_, status, 6)) {
      Add(CheckLevel::kError, "store", who_ + " may not write to the file", path);
    }
    if ((status.st_mode & S_IROTH) != 0) {
      Add(CheckLevel::kError, "store", "everybody may read it", path);
    }
  }

  void SecretFile(const std::string& what, const std::string& path) {
    if (path.empty()) return;
    struct stat status{};
    if (::stat(path.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0) {
      Add(CheckLevel::kError, what, "everybody may read the password", path);
    }
    InputFile(what, path);
  }

  // What is missing is told by whoever reads it.
  void InputFile(const std::string& what, const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return;
    if (IsOpenToAll(status)) Add(CheckLevel::kError, what, "everybody may write to it", path);
    const mode_t right = S_ISDIR(status.st_mode) ? 5 : 4;
    if (Reachable(what, path) && !May(*user_, status, right)) {
      Add(CheckLevel::kError, what, who_ + " may not read it", path);
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
