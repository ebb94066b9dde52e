#include "daemon/privileges.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "app/become.h"

namespace warifu::daemon {
namespace {

std::unexpected<Error> SystemError(const std::string& doing) {
  const int reason = errno;
  return Fail(ErrorKind::kSystem, doing + ": " + std::strerror(reason));
}

}  // namespace

Result<void> DropPrivileges(const std::string& user) {
  if (geteuid() == 0 || getuid() == 0) {
    if (user.empty()) {
      return Fail(ErrorKind::kInvalid,
                  "will not run as root: set `user` in the configuration, or start as that user");
    }
    if (const auto done = app::BecomeUser(user); !done) return done;
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
