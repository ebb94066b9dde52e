#include "scan/bounded_compile.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "base/unique_fd.h"

namespace warifu::scan {
namespace {

constexpr int kLookEveryMs = 50;
// Wall time for one second of processor time: others may want the processor too.
constexpr int kPatience = 8;
constexpr char kDone = 'd', kFailed = 'f';

// Begins what the child writes: kDone and the database, or kFailed, this and the compiler's text.
struct FailureHead {
  int expression = -1;
  int out_of_memory = 0;
};

bool WriteAll(int fd, const void* bytes, std::size_t size) {
  const char* at = static_cast<const char*>(bytes);
  while (size > 0) {
    const ssize_t n = write(fd, at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

std::size_t PagesOf(pid_t pid, bool resident) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/statm");
  std::size_t size = 0, in_memory = 0;
  file >> size >> in_memory;
  return resident ? in_memory : size;
}

hs_error_t Compile(std::span<const HsExpression> expressions, hs_database_t** db,
                   hs_compile_error_t** error) {
  std::vector<const char*> texts;
  std::vector<unsigned> flags, ids;
  for (const HsExpression& e : expressions) {
    ids.push_back(static_cast<unsigned>(texts.size()));
    texts.push_back(e.text);
    flags.push_back(e.flags);
  }
  return hs_compile_multi(texts.data(), flags.data(), ids.data(),
                          static_cast<unsigned>(texts.size()), HS_MODE_BLOCK, nullptr, db, error);
}

[[noreturn]] void Child(std::span<const HsExpression> expressions, const rlimit& cpu,
                        const rlimit& memory, int fd) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  setrlimit(RLIMIT_CPU, &cpu);
  setrlimit(RLIMIT_AS, &memory);
  hs_database_t* db = nullptr;
  hs_compile_error_t* error = nullptr;
  hs_error_t code = Compile(expressions, &db, &error);
  char* bytes = nullptr;
  std::size_t size = 0;
  if (code == HS_SUCCESS) code = hs_serialize_database(db, &bytes, &size);
  bool written = false;
  if (code == HS_SUCCESS) {
    written = WriteAll(fd, &kDone, 1) && WriteAll(fd, bytes, size);
  } else {
    const char* text = error != nullptr ? error->message : "Hyperscan cannot compile it";
    const bool memory_out = code == HS_NOMEM || std::strstr(text, "allocate memory") != nullptr;
    const FailureHead head{error != nullptr ? error->expression : -1, memory_out ? 1 : 0};
    written = WriteAll(fd, &kFailed, 1) && WriteAll(fd, &head, sizeof head) &&
              WriteAll(fd, text, std::strlen(text));
  }
  _exit(written ? 0 : 1);
}

// The child, until it is done or at a bound.
class Watch {
 public:
  Watch(pid_t pid, int fd, const CompileBounds& bounds) : pid_(pid), fd_(fd), bounds_(bounds) {}
  ~Watch() {
    kill(pid_, SIGKILL);  // no matter to one that has ended and waits
    while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  // False when it was stopped; why() then says at which bound.
  bool Read(std::string* all) {
    std::string chunk(1 << 16, '\0');
    const auto begin = std::chrono::steady_clock::now();
    while (true) {
      pollfd wait{fd_, POLLIN, 0};
      const int ready = poll(&wait, 1, kLookEveryMs);
      if (ready > 0) {
        const ssize_t n = read(fd_, chunk.data(), chunk.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return true;
        all->append(chunk.data(), static_cast<std::size_t>(n));
      } else if (Over(std::chrono::steady_clock::now() - begin)) {
        return false;
      }
    }
  }
  const std::string& why() const { return why_; }

 private:
  bool Over(std::chrono::nanoseconds wall) {
    clockid_t clock{};
    timespec used{};
    const bool known = clock_getcpuclockid(pid_, &clock) == 0 && clock_gettime(clock, &used) == 0;
    const auto cpu = std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
    if ((known && cpu > bounds_.time) || wall > bounds_.time * kPatience) {
      why_ = "takes longer than " + std::to_string(bounds_.time.count()) + " ms to compile";
      return true;
    }
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    if (PagesOf(pid_, true) * page > bounds_.memory) {
      why_ = OutOfMemory(bounds_);
      return true;
    }
    return false;
  }

 public:
  static std::string OutOfMemory(const CompileBounds& bounds) {
    return "needs more than " + std::to_string(bounds.memory >> 20) + " MiB to compile";
  }

 private:
  const pid_t pid_;
  const int fd_;
  const CompileBounds& bounds_;
  std::string why_;
};

std::expected<HsDatabase, CompileFailure> Parse(const std::string& answer,
                                                const CompileBounds& bounds) {
  const auto fail = [](std::string text, bool exceeded = false, int expression = -1) {
    return std::unexpected(CompileFailure{expression, exceeded, std::move(text)});
  };
  if (answer.empty()) {
    // The kernel stopped it at a resource limit, which comes a little before the parent looks.
    return fail("is stopped at a limit of " + std::to_string(bounds.time.count()) + " ms or " +
                    std::to_string(bounds.memory >> 20) + " MiB while it is compiled",
                true);
  }
  if (answer[0] == kFailed && answer.size() > sizeof(FailureHead)) {
    FailureHead head;
    std::memcpy(&head, answer.data() + 1, sizeof head);
    if (head.out_of_memory != 0) return fail(Watch::OutOfMemory(bounds), true);
    return fail(answer.substr(1 + sizeof head), false, head.expression);
  }
  hs_database_t* db = nullptr;
  const hs_error_t code = hs_deserialize_database(answer.data() + 1, answer.size() - 1, &db);
  if (answer[0] != kDone || code != HS_SUCCESS) return fail("the compiler was interrupted");
  return HsDatabase(db);
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
// A sanitizer's own locks may be held by another thread at the fork; glibc sees to its own.
bool MayFork() {
  std::error_code error;
  const std::filesystem::directory_iterator threads("/proc/self/task", error);
  return !error && std::distance(begin(threads), end(threads)) == 1;
}

std::expected<HsDatabase, CompileFailure> CompileHere(std::span<const HsExpression> expressions) {
  hs_database_t* db = nullptr;
  hs_compile_error_t* error = nullptr;
  if (Compile(expressions, &db, &error) == HS_SUCCESS) return HsDatabase(db);
  CompileFailure failure{error->expression, false, error->message};
  hs_free_compile_error(error);
  return std::unexpected(std::move(failure));
}
#endif

}  // namespace

std::expected<HsDatabase, CompileFailure> CompileBounded(std::span<const HsExpression> expressions,
                                                         const CompileBounds& bounds) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  if (!MayFork()) return CompileHere(expressions);
#endif
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return std::unexpected(CompileFailure{-1, false, std::strerror(errno)});
  }
  UniqueFd reading(ends[0]), writing(ends[1]);
  const auto seconds = static_cast<rlim_t>(bounds.time.count() / 1000 + 1);
  const rlimit cpu{seconds, seconds + 1};
  const rlim_t all =
      PagesOf(getpid(), false) * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + bounds.memory;
  const rlimit memory{all, all};
  const pid_t pid = fork();
  if (pid < 0) {
    const std::string why = std::strerror(errno);
    return std::unexpected(
        CompileFailure{-1, false, "cannot start a process to compile the rules: " + why});
  }
  if (pid == 0) Child(expressions, cpu, memory, writing.get());
  writing.Reset(-1);
  Watch watch(pid, reading.get(), bounds);
  std::string answer;
  if (!watch.Read(&answer)) return std::unexpected(CompileFailure{-1, true, watch.why()});
  return Parse(answer, bounds);
}

}  // namespace warifu::scan
