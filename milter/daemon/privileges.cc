#include "daemon/privileges.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

namespace warifu::daemon {
namespace {

std::unexpected<Error> SystemError(const std::string& doing) {
  const int reason = errno;
  return Fail(ErrorKind::kSystem, doing + ": " + std::strerror(reason));
}

Result<void> Become(const std::string& user) {
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

}  // namespace

Result<void> DropPrivileges(const std::string& user) {
  if (geteuid() == 0 || getuid() == 0) {
    if (user.empty()) {
      return Fail(ErrorKind::kInvalid,
                  "will not run as root: set `user` in the configuration, or start as that user");
    }
    if (const auto done = Become(user); !done) return done;
  }
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return SystemError("no_new_privs");
  return {};
}

std::size_t RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace warifu::daemon
