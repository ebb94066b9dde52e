// Listen: a listening descriptor of our own, for the servers that are not libmilter's.
//
// A unix socket is bound under its private name with mode 0600; Socket::Publish() says who may
// connect. Neither blocks nor is inherited. Threads: one.
#pragma once

#include "base/error.h"
#include "base/unique_fd.h"
#include "daemon/socket.h"

namespace warifu::daemon {

// kTemporary: the TCP port is taken. kInvalid: the path is too long. kSystem: anything else.
Result<UniqueFd> Listen(const Socket& socket);

}  // namespace warifu::daemon
