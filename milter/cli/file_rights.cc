#include "cli/file_rights.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

namespace warifu::cli {
namespace {

std::optional<User> FromEntry(const passwd* entry) {
  if (entry == nullptr) return std::nullopt;
  User user{entry->pw_name, entry->pw_uid, entry->pw_gid, std::vector<gid_t>(64)};
  int count = static_cast<int>(user.groups.size());
  while (::getgrouplist(entry->pw_name, entry->pw_gid, user.groups.data(), &count) < 0) {
    user.groups.resize(user.groups.size() * 2);
    count = static_cast<int>(user.groups.size());
  }
  user.groups.resize(static_cast<std::size_t>(count));
  return user;
}

}  // namespace

std::optional<User> UserNamed(const std::string& name) {
  return FromEntry(::getpwnam(name.c_str()));
}

User UserOfProcess() {
  const auto user = FromEntry(::getpwuid(::geteuid()));
  return user ? *user : User{"?", ::geteuid(), ::getegid(), {::getegid()}};
}

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

std::string BarredFolder(const User& user, const std::string& path) {
  std::string barred;
  for (std::filesystem::path at = std::filesystem::path(path).parent_path(); at.has_relative_path();
       at = at.parent_path()) {
    struct stat status{};
    if (::stat(at.c_str(), &status) == 0 && !May(user, status, 1)) barred = at.string();
  }
  return barred;
}

std::string NameOfGroup(gid_t group) {
  const auto* entry = ::getgrgid(group);
  return entry != nullptr ? entry->gr_name : std::to_string(group);
}

std::string NameOfUser(uid_t user) {
  const auto* entry = ::getpwuid(user);
  return entry != nullptr ? entry->pw_name : std::to_string(user);
}

}  // namespace warifu::cli
