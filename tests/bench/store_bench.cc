// What the store costs a mail: reads from memory and from the engine among a million addresses, a
// look for news, writes, and a whole directory.
//
//   store_bench                                             SQLite, in a temporary folder
//   tests/servers/with.py postgresql store_bench            PostgreSQL beside it
//
// WARIFU_BENCH_ADDRESSES sets the size (1,026,000).
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>

#include "store/store.h"

namespace warifu::store {
namespace {

std::size_t Addresses() {
  const char* size = std::getenv("WARIFU_BENCH_ADDRESSES");
  return size != nullptr ? std::strtoul(size, nullptr, 10) : 1'026'000;
}

WallTime Now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}
Act By(std::string who) {
  return {.who = std::move(who), .at = Now(), .reference = "BENCH"};
}

// A directory that does not come sorted: a permutation of 0 … n - 1.
std::string AddressOf(std::size_t i) {
  return "subscriber" + std::to_string(i) + "@mail.example.jp";
}
std::string AccountOf(std::size_t i) {
  return "s" + std::to_string(i * 7 % 9'999'991);
}
DirectoryRows Directory() {
  return [next = std::size_t{0}, size = Addresses()](DirectoryRow* row) mutable -> Result<bool> {
    if (next == size) return false;
    const std::size_t i = next++ * 999'983 % size;
    row->address = AddressOf(i);
    row->accounts.assign(1, AccountOf(i));
    return true;
  };
}

[[noreturn]] void Give(const Error& error) {
  std::fprintf(stderr, "store_bench: %s\n", error.ToString().c_str());
  std::exit(2);
}
template <typename T>
T Must(Result<T> result) {
  if (!result) Give(result.error());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

// libpq's words; "" where there is no server.
std::string Postgresql() {
  const char* words = std::getenv("WARIFU_PG");
  if (words == nullptr) return "";
  std::string password;
  if (const char* file = std::getenv("WARIFU_SERVER_PASSWORD")) {
    std::ifstream stream(file);
    std::getline(stream, password);
  }
  return std::string(words) + " password='" + password + "'";
}

struct Folder {
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "store-bench-XXXXXX").string();
    if (::mkdtemp(name.data()) != nullptr) path = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

std::string Url(bool postgresql) {
  static const Folder folder;
  return postgresql ? "postgresql:" + Postgresql()
                    : "sqlite:" + (folder.path / "store.db").string();
}

// Full, opened once a process.
Store& Full(bool postgresql) {
  static std::unique_ptr<Store> stores[2];
  std::unique_ptr<Store>& store = stores[postgresql ? 1 : 0];
  if (store == nullptr) {
    store = Must(Open({.url = Url(postgresql)}));
    if (Must(store->Check(false)).addresses == 0) {
      Must(store->Import(Directory(), {}, By("import")));
    }
  }
  return *store;
}

long PeakMib() {
  rusage usage = {};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss / 1024;
}

void BM_Import(benchmark::State& state, bool postgresql) {
  for (auto _ : state) benchmark::DoNotOptimize(&Full(postgresql));
  state.counters["peak_MiB"] = static_cast<double>(PeakMib());
}

void BM_Audit(benchmark::State& state, bool postgresql) {
  Store& store = Full(postgresql);
  for (auto _ : state) {
    const Comparison found = Must(store.Import(Directory(), {.write = false}, By("audit")));
    if (found.same != Addresses()) state.SkipWithError("the audit found a difference");
  }
  state.counters["peak_MiB"] = static_cast<double>(PeakMib());
}

// The same directory again: what a nightly import costs.
void BM_ImportAgain(benchmark::State& state, bool postgresql) {
  Store& store = Full(postgresql);
  for (auto _ : state) Must(store.Import(Directory(), {}, By("import")));
}

void BM_FindHot(benchmark::State& state, bool postgresql) {
  Store& store = Full(postgresql);
  std::vector<std::string> addresses;
  for (std::size_t i = 0; i < 1'000; ++i) addresses.push_back(AddressOf(i * 761 % Addresses()));
  for (const std::string& address : addresses) Must(store.Find(address));
  std::size_t i = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(Must(store.Find(addresses[i])));
    i = (i + 1) % addresses.size();
  }
}

// Nothing kept in memory: each goes to the engine.
void BM_FindCold(benchmark::State& state, bool postgresql) {
  Full(postgresql);
  const auto store = Must(Open({.url = Url(postgresql), .cached_addresses = 0}));
  std::mt19937 random(1);
  for (auto _ : state) {
    benchmark::DoNotOptimize(Must(store->Find(AddressOf(random() % Addresses()))));
  }
}

void BM_Refresh(benchmark::State& state, bool postgresql) {
  Store& store = Full(postgresql);
  for (auto _ : state) Must(store.Refresh());
}

// What one mail to one recipient asks, all known: MAIL, RCPT and end of message.
void BM_Mail(benchmark::State& state, bool postgresql) {
  Store& store = Full(postgresql);
  const WallTime now = Now();
  std::size_t i = 0;
  for (auto _ : state) {
    const std::string sender = AddressOf(i), recipient = AddressOf(i + 1);
    for (int stage = 0; stage < 3; ++stage) {
      Must(store.Refresh());
      benchmark::DoNotOptimize(Must(store.Find(sender)));
      benchmark::DoNotOptimize(Must(store.LocksOf(AccountOf(i), now)));
      benchmark::DoNotOptimize(Must(store.Breakers(now)));
      if (stage > 0) benchmark::DoNotOptimize(Must(store.Find(recipient)));
    }
    i = (i + 2) % 1'000;
  }
}

void BM_Enrol(benchmark::State& state, bool postgresql) {
  Store& store = Full(postgresql);
  static std::size_t next = 0;
  for (auto _ : state) {
    Must(store.Enrol("new" + std::to_string(next++) + "@mail.example.jp", {"a"}, "mail", By("m")));
  }
}

}  // namespace

int Main(int argc, char** argv) {
  const auto add = [](const char* name, void (*bench)(benchmark::State&, bool), bool once) {
    for (const bool postgresql : {false, true}) {
      if (postgresql && Postgresql().empty()) continue;
      const std::string full = std::string(postgresql ? "postgresql/" : "sqlite/") + name;
      auto* added = benchmark::RegisterBenchmark(
          full.c_str(), [=](benchmark::State& state) { bench(state, postgresql); });
      added->Unit(once ? benchmark::kSecond : benchmark::kMicrosecond)->UseRealTime();
      if (once) added->Iterations(1);
    }
  };
  add("import", BM_Import, true);
  add("audit", BM_Audit, true);
  add("import_again", BM_ImportAgain, true);
  add("find_hot", BM_FindHot, false);
  add("find_cold", BM_FindCold, false);
  add("refresh", BM_Refresh, false);
  add("mail", BM_Mail, false);
  add("enrol", BM_Enrol, false);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace warifu::store

int main(int argc, char** argv) {
  return warifu::store::Main(argc, argv);
}
