#include "store/postgresql_refusal.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <memory>

namespace warifu::store {
namespace {

using Steady = std::chrono::steady_clock;
using Attempt = std::unique_ptr<PGconn, decltype(&PQfinish)>;

constexpr std::size_t kLength = 5;

// False when time is up.
bool Wait(const PGconn* attempt, short events, Steady::time_point end) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Steady::now()).count();
  pollfd socket{PQsocket(attempt), events, 0};
  return left > 0 && ::poll(&socket, 1, static_cast<int>(left)) > 0;
}

// "…: FATAL:  28P01", one line for each try (with TLS, without), and libpq's remarks between them;
// the last one counts.
std::string StateIn(std::string_view text) {
  std::string state;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    if (line.size() < kLength + 3) continue;
    const std::string_view last = line.substr(line.size() - kLength);
    const bool is_state = std::ranges::all_of(
        last, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
    if (is_state && line.substr(0, line.size() - kLength).ends_with(":  ")) state = last;
  }
  return state;
}

}  // namespace

std::string StateOfRefusal(const std::string& words, std::chrono::milliseconds timeout) {
  const auto end = Steady::now() + timeout;
  const Attempt attempt(PQconnectStart(words.c_str()), &PQfinish);
  if (attempt == nullptr || PQstatus(attempt.get()) == CONNECTION_BAD) return "";
  PQsetErrorVerbosity(attempt.get(), PQERRORS_SQLSTATE);
  for (PostgresPollingStatusType next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;
       next = PQconnectPoll(attempt.get())) {
    if (next == PGRES_POLLING_FAILED) return StateIn(PQerrorMessage(attempt.get()));
    if (!Wait(attempt.get(), next == PGRES_POLLING_READING ? POLLIN : POLLOUT, end)) return "";
  }
  return "";
}

bool IsLastingRefusal(std::string_view state) {
  return state.starts_with("28") || state.starts_with("3D") || state == "42501";
}

}  // namespace warifu::store
