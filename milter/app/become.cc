#include "app/become.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace warifu::app {
namespace {

std::unexpected<Error> SystemError(const std::string& doing) {
  const int reason = errno;
  return Fail(ErrorKind::kSystem, doing + ": " + std::strerror(reason));
}

}  // namespace

Result<void> BecomeUser(const std::string& user) {
  passwd entry{};
  passwd* found = nullptr;
  std::vector<char> buffer(1 << 16);
  getpwnam_r(user.c_str(), &entry, buffer.data(), buffer.size(), &found);
  if (found == nullptr) {
    return Fail(ErrorKind::kInvalid, "there is no user \"" + user + "\" (setting `user`)");
  }
  if (entry.pw_uid == 0) return Fail(ErrorKind::kInvalid, "setting `user` must not name root");
  if (initgroups(user.c_str(), entry.pw_gid) != 0) return SystemError("initgroups");
  if (setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid) != 0) return SystemError("setresgid");
  if (setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid) != 0) return SystemError("setresuid");
  if (setuid(0) == 0 || seteuid(0) == 0) {
    return Fail(ErrorKind::kInternal, "root privileges could be had back after dropping them");
  }
  return {};
}

}  // namespace warifu::app
