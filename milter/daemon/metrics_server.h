// Metrics server: lets Prometheus read the metrics, over HTTP, on this machine alone.
//
// One thread of its own does all, without blocking: it accepts, reads a request's head, answers
// GET /metrics and closes. What it answers is made anew for each request, by one at a time.
//
// A TCP port that is taken is tried again every second, and the log says so once: a daemon that is
// to be replaced still has it. A unix socket is handed over as the MTA's is.
//
// SECURITY: on loopback or a unix socket only; an address that other machines reach is refused.
// What can be read are counts, never an address, an account or a part of a mail. A request's head
// is bounded, connections are few, and each has one deadline for all: whoever fills them keeps
// others from the metrics, and nothing from the mail. Threads: Start and Stop() on one.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "base/error.h"
#include "incident/event_log.h"

namespace warifu::daemon {

struct MetricsOptions {
  std::string address;  // as daemon/socket.h reads it
  unsigned mode = 0660;
  std::string group;
  std::size_t max_connections = 16;
  std::size_t max_request = 8192;            // bytes of its head
  std::chrono::milliseconds timeout{5'000};  // from the connection to the last byte of the answer
  std::chrono::milliseconds again{1'000};    // between two tries for a port that is taken
};

class MetricsServer {
 public:
  virtual ~MetricsServer() = default;  // stops: `text` is not called afterwards
  virtual void Stop() = 0;
};

// `text` gives what is answered; where it throws, the answer is 500. `log` and what `text` uses
// outlive the server.
Result<std::unique_ptr<MetricsServer>> StartMetrics(const MetricsOptions& options,
                                                    std::function<std::string()> text,
                                                    incident::Log& log);

}  // namespace warifu::daemon
