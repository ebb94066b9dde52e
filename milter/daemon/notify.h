// Notify: tells systemd how the daemon is doing (sd_notify(3)). Without NOTIFY_SOCKET, nothing.
// Threads: any.
#pragma once

#include <string>

namespace warifu::daemon {

void NotifyReady(const std::string& status);
void NotifyReloading();
void NotifyStopping();

}  // namespace warifu::daemon
