// What binding costs: a directory of a million rows, a ledger of as many, and the checks of one
// mail.
//
// usage: build/release/tests/bench/binding_bench
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "binding/checks.h"
#include "binding/directory.h"
#include "binding/ledger.h"
#include "store/store.h"

namespace warifu::binding {
namespace {

constexpr std::size_t kRows = 1'000'000;

std::string Addr(std::size_t i) {
  return "firstname.lastname" + std::to_string(i) + "@domain" + std::to_string(i % 1000) +
         ".example";
}

// The table file, written once and removed at exit.
const std::string& TablePath() {
  static const struct Table {
    Table() {
      std::ofstream out(path);
      for (std::size_t i = 0; i < kRows; ++i) out << Addr(i) << "\tuser" << i << '\n';
    }
    ~Table() { std::remove(path.c_str()); }
    std::string path = (std::filesystem::temp_directory_path() / "warifu_bench_table").string();
  } table;
  return table.path;
}

const Directory& Table() {
  static const auto table = OpenTextTable(TablePath(), {});
  if (!table) std::abort();
  return **table;
}

long ResidentKiB() {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("VmRSS:")) return std::strtol(line.c_str() + 6, nullptr, 10);
  }
  return 0;
}

void LoadMillionRows(benchmark::State& state) {
  const auto bytes = std::filesystem::file_size(TablePath());
  for (auto _ : state) {
    const long before = ResidentKiB();
    auto table = OpenTextTable(TablePath(), {});
    state.counters["RSS_MiB"] = static_cast<double>(ResidentKiB() - before) / 1024;
    benchmark::DoNotOptimize(table);
  }
  state.counters["file_MiB"] = static_cast<double>(bytes) / (1 << 20);
}
BENCHMARK(LoadMillionRows)->Unit(benchmark::kMillisecond);

void LookUp(benchmark::State& state, std::size_t offset) {
  const Directory& table = Table();
  std::vector<Address> asked;
  for (std::size_t i = 0; i < 65536; ++i) {
    asked.push_back(ParsePath(Addr(offset + i * 7919 % kRows), {}).value());
  }
  std::size_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(table.OwnersOf(asked[next++ % asked.size()]));
}
BENCHMARK_CAPTURE(LookUp, known, 0);
BENCHMARK_CAPTURE(LookUp, unknown, kRows);

void ParseEnvelopeAddress(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ParsePath("<Taro.Yamada+news@corp.example>", {}));
}
BENCHMARK(ParseEnvelopeAddress);

void ParseInternationalAddress(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(ParsePath("<太郎@例え.テスト>", {}));
}
BENCHMARK(ParseInternationalAddress);

void ParseFrom(benchmark::State& state, std::string_view from) {
  for (auto _ : state) benchmark::DoNotOptimize(ParseAddressList(from, {}));
}
BENCHMARK_CAPTURE(ParseFrom, plain, " \"Yamada, Taro\" <taro@corp.example>");
BENCHMARK_CAPTURE(ParseFrom, encoded_word,
                  " =?ISO-2022-JP?B?GyRCOzNFRBsoQiAbJEJCQE86GyhC?= <taro@corp.example>");

void CheckMail(benchmark::State& state) {
  const Options options = {.address = {}, .realm = {}, .local_domains = {"domain7.example"}};
  const std::string from = "Taro <" + Addr(7) + ">";
  const Fields fields = {{"Received", "from x"},
                         {"From", from},
                         {"To", "you@elsewhere.example"},
                         {"Subject", "Hello"},
                         {"Reply-To", "taro@elsewhere.example"}};
  for (auto _ : state) {
    benchmark::DoNotOptimize(CheckAuthor("user7", fields, Table(), options));
    benchmark::DoNotOptimize(CheckDisplay("user7", fields, Table(), options));
  }
}
BENCHMARK(CheckMail);

// A ledger of a million addresses in SQLite, made once: everybody owns what the table says.
store::Store& Proven() {
  static const struct Made {
    Made() {
      store::Options options;
      options.url = "sqlite:" + (folder / "store.db").string();
      store = *store::Open(options);
      std::size_t next = 0;
      const auto rows = [&next](store::DirectoryRow* row) -> Result<bool> {
        if (next == kRows) return false;
        *row = {Addr(next), {"user" + std::to_string(next)}};
        ++next;
        return true;
      };
      if (!store->Import(rows, {}, {.who = "bench"})) std::abort();
    }
    ~Made() {
      store.reset();
      std::filesystem::remove_all(folder);
    }
    std::filesystem::path folder = [] {
      std::string name = (std::filesystem::temp_directory_path() / "warifu-bench-XXXXXX").string();
      return std::filesystem::path(mkdtemp(name.data()));
    }();
    std::unique_ptr<store::Store> store;
  } made;
  return *made.store;
}

Address At(std::size_t i) {
  return ParsePath(Addr(i), {}).value();
}

// One address, the store asked for news before: `step` 0 asks the same one again and again.
void Pin(benchmark::State& state, std::size_t step) {
  store::Store& store = Proven();
  const Directory& table = Table();
  const Ledger ledger(store, {}, {});
  const store::Act act{.who = "mail", .at = Clock::System().Now()};
  std::size_t i = 7;
  for (auto _ : state) {
    if (!store.Refresh()) std::abort();
    const Result<Look> look = ledger.See(At(i), table, act);
    if (!look || look->answer.which != PinCase::kSame) std::abort();
    i = (i + step) % kRows;
  }
}
BENCHMARK_CAPTURE(Pin, hot, 0);
BENCHMARK_CAPTURE(Pin, cold, 7919);

// What a mail with one local recipient asks the store: at MAIL, at RCPT, at its end.
void StoreOfOneMail(benchmark::State& state) {
  store::Store& store = Proven();
  const Directory& table = Table();
  const Ledger ledger(store, {}, {});
  const store::Act act{.who = "mail", .at = Clock::System().Now()};
  std::size_t i = 7;
  for (auto _ : state) {
    i = (i + 7919) % kRows;
    const std::string account = "user" + std::to_string(i);
    const Address sender = At(i), recipient = At((i + 500'000) % kRows);
    for (int stage = 0; stage < 3; ++stage) {
      const bool good = store.Refresh() && store.GrantsOf(account, act.at) &&
                        (stage == 1 || store.LocksOf(account, act.at)) &&
                        (stage == 1 || ledger.See(sender, table, act)) &&
                        (stage == 0 || ledger.See(recipient, table, act));
      if (!good) std::abort();
    }
  }
}
BENCHMARK(StoreOfOneMail);

}  // namespace
}  // namespace warifu::binding
