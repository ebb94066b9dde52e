// What binding costs: a directory of a million rows, and the author check of one mail.
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

}  // namespace
}  // namespace warifu::binding
