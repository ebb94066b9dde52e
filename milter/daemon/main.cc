// warifu-milter: see warifu-milter(8). Puts the parts together; each does its work elsewhere.
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>

#include "app/control_service.h"
#include "app/ledger_service.h"
#include "app/metrics.h"
#include "app/service.h"
#include "app/settings.h"
#include "daemon/metrics_server.h"
#include "daemon/privileges.h"
#include "daemon/server.h"
#include "daemon/signals.h"
#include "daemon/socketmap.h"

namespace warifu {
namespace {

constexpr int kExitError = 2;
constexpr std::string_view kUsage =
    "usage: warifu-milter [--config FILE]\n"
    "       warifu-milter --help | --version\n"
    "\n"
    "Runs in the foreground. TERM stops, USR1 reloads; warifu status and warifu reload\n"
    "speak to it. FILE is /etc/warifu/warifu.conf unless given.\n";

struct Arguments {
  std::string config = "/etc/warifu/warifu.conf";
  int exit_status = -1;  // 0 and above: leave at once
};

Arguments Read(int argc, char** argv) {
  Arguments out;
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--help" || word == "-h") {
      std::cout << kUsage;
      out.exit_status = 0;
    } else if (word == "--version" || word == "-V") {
      std::cout << "warifu-milter " << WARIFU_VERSION << "\n";
      out.exit_status = 0;
    } else if ((word == "--config" || word == "-c") && i + 1 < argc) {
      out.config = argv[++i];
    } else {
      std::cerr << "warifu-milter: " << word << " is not understood\n" << kUsage;
      out.exit_status = kExitError;
    }
    if (out.exit_status >= 0) break;
  }
  return out;
}

int Failed(const Errors& errors) {
  for (const Error& error : errors) std::cerr << "warifu-milter: " << error.ToString() << "\n";
  return kExitError;
}

daemon::Options OptionsFrom(const app::Settings& settings) {
  daemon::Options out;
  out.socket = settings.socket.address;
  out.socket_mode = settings.socket.mode;
  out.socket_group = settings.socket.group;
  out.pid_file = settings.pid_file;
  return out;
}

// Without a path there is no control socket, which is no error.
Result<std::unique_ptr<app::ControlServer>> Control(const app::Settings& settings,
                                                    app::Service& service, incident::Log& log) {
  if (settings.control_socket.empty()) return nullptr;
  app::ControlOptions options;
  options.path = settings.control_socket;
  options.group = settings.control_group;
  auto handlers = app::ServiceHandlers(service, log);
  handlers.merge(app::LedgerHandlers(service, Clock::System()));
  return app::StartControlServer(options, std::move(handlers));
}

daemon::SocketmapAnswer Answer(const app::TransportAnswer& answer) {
  using Kind = daemon::SocketmapAnswer::Kind;
  switch (answer.kind) {
    case app::TransportAnswer::Kind::kDefer:
      return {Kind::kFound, "retry:4.7.1 " + answer.text};
    case app::TransportAnswer::Kind::kUnavailable:
      return {Kind::kTemporary, answer.text};
    case app::TransportAnswer::Kind::kNotFound:
      break;
  }
  return {};
}

// Without an address there is none, which is no error.
Result<std::unique_ptr<daemon::SocketmapServer>> Transports(const app::Settings& settings,
                                                            app::Service& service,
                                                            incident::Log& log) {
  if (settings.socketmap.address.empty()) return nullptr;
  daemon::SocketmapOptions options;
  options.address = settings.socketmap.address;
  options.mode = settings.socketmap.mode;
  options.group = settings.socketmap.group;
  auto server = daemon::StartSocketmap(
      options, [&service](std::string_view key) { return Answer(service.Transport(key)); });
  if (server) {
    log.Info("answering transport_maps = socketmap:" + (*server)->postfix_address() + ":warifu");
  }
  return server;
}

// Without an address there is none, which is no error.
Result<std::unique_ptr<daemon::MetricsServer>> Metrics(const app::Settings& settings,
                                                       app::Service& service, incident::Log& log) {
  if (settings.metrics.address.empty()) return nullptr;
  daemon::MetricsOptions options;
  options.address = settings.metrics.address;
  options.mode = settings.metrics.mode;
  options.group = settings.metrics.group;
  return daemon::StartMetrics(
      options, [&service] { return app::MetricsText(service.Status(app::Look::kRemembered)); },
      log);
}

int RunDaemon(const app::Settings& settings) {
  auto log = incident::OpenLog(settings.log);
  if (!log) return Failed({log.error()});
  const auto service = app::Service::Create(settings, **log, Clock::System());
  if (!service) return Failed(service.error());
  auto control = Control(settings, **service, **log);
  if (!control) return Failed({control.error()});
  auto transports = Transports(settings, **service, **log);
  if (!transports) return Failed({transports.error()});
  auto metrics = Metrics(settings, **service, **log);
  if (!metrics) return Failed({metrics.error()});

  daemon::Hooks hooks;
  hooks.inspector = service->get();
  hooks.log = log->get();
  hooks.reload = [&] { std::ignore = (*service)->Reload(); };  // logs its outcome itself
  hooks.sessions = &(*service)->sessions();
  const auto ended = daemon::Serve(OptionsFrom(settings), hooks);
  if (!ended) {
    (*log)->Error(ended.error().ToString());
    return kExitError;
  }
  if (*ended == daemon::Ended::kAbandoned) {
    // An inspection hangs and still uses all this: nothing may be taken down under it.
    if (*control) (*control)->Stop();
    if (*transports) (*transports)->Stop();
    if (*metrics) (*metrics)->Stop();
    _exit(EXIT_SUCCESS);
  }
  return EXIT_SUCCESS;
}

int Main(int argc, char** argv) {
  const Arguments arguments = Read(argc, argv);
  if (arguments.exit_status >= 0) return arguments.exit_status;
  if (const auto owned = daemon::OwnSignals(); !owned) return Failed({owned.error()});
  const auto settings = app::LoadSettings(arguments.config);
  if (!settings) return Failed(settings.error());
  if (const auto dropped = daemon::DropPrivileges(settings->user); !dropped) {
    return Failed({dropped.error()});
  }
  return RunDaemon(*settings);
}

}  // namespace
}  // namespace warifu

int main(int argc, char** argv) {
  return warifu::Main(argc, argv);
}
