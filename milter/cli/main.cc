#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "cli/run.h"

namespace {

bool Colourful() {
  const char* no_colour = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return ::isatty(STDOUT_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0') &&
         term != nullptr && std::string_view(term) != "dumb";
}

// A file that is opened later may not become standard input or output where that is closed. What
// is open for reading alone takes no output, which is then told.
bool HoldClosedStreams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", O_RDONLY) != fd) return false;
  }
  return true;
}

int Columns() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20;
  return known ? size.ws_col : 80;
}

}  // namespace

int main(int argc, char** argv) {
  if (!HoldClosedStreams()) return warifu::cli::kExitError;
  std::ios::sync_with_stdio(false);
  warifu::cli::Terminal terminal{.in = STDIN_FILENO,
                                 .out = std::cout,
                                 .err = std::cerr,
                                 .colour = Colourful(),
                                 .progress = ::isatty(STDERR_FILENO) != 0,
                                 .columns = Columns()};
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  return warifu::cli::Run(args, terminal);
}
