#include "stage_table.h"

#include <cstdio>
#include <string_view>

namespace warifu::bench {
namespace {

struct Column {
  std::string_view name;
  bool manual = false;  // timed inside of the scan, by the wall clock
};
constexpr Column kColumns[kStages] = {{"gmime"},          {"gmime+text"}, {"hs_scan"},
                                      {"parse"},          {"libmagic"},   {"1st pass", true},
                                      {"2nd pass", true}, {"decide"},     {"whole"}};

}  // namespace

std::string BenchmarkName(const std::string& row, Stage stage) {
  return row + "/" + std::string(kColumns[static_cast<std::size_t>(stage)].name);
}

bool StageTable::ReportContext(const Context& context) {
  PrintBasicContext(&GetErrorStream(), context);
  return true;
}

void StageTable::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    if (run.run_type == Run::RT_Iteration) Add(run);
  }
  std::fputc('.', stderr);
}

void StageTable::Add(const Run& run) {
  const std::string& name = run.run_name.function_name;
  const std::size_t slash = name.rfind('/');
  for (std::size_t i = 0; i < kStages; ++i) {
    if (name.substr(slash + 1) != kColumns[i].name) continue;
    const auto [it, fresh] = rows_.try_emplace(name.substr(0, slash));
    if (fresh) order_.push_back(it->first);
    const double seconds =
        (kColumns[i].manual ? run.real_accumulated_time : run.cpu_accumulated_time) /
        static_cast<double>(run.iterations);
    double& least = it->second.microseconds[i];
    if (least == 0 || seconds * 1e6 < least) least = seconds * 1e6;
    if (const auto text = run.counters.find("text"); text != run.counters.end()) {
      it->second.text = text->second;
      it->second.hits = run.counters.at("hits");
    }
  }
}

void StageTable::Finalize() {
  std::printf("\n\nMicroseconds a mail; stages of warifu from \"parse\" on.\n\n%-22s", "mail");
  for (const Column& column : kColumns) std::printf(" %10s", column.name.data());
  std::printf(" %5s %9s %7s\n", "hits", "text KiB", "GB/s");
  for (const std::string& name : order_) {
    const Row& row = rows_[name];
    std::printf("%-22s", name.c_str());
    for (const double us : row.microseconds) {
      us < 0.005 ? std::printf(" %10s", "-") : std::printf(" %10.*f", us < 100 ? 1 : 0, us);
    }
    const double first = row.microseconds[static_cast<std::size_t>(Stage::kFirstPass)];
    std::printf(" %5.0f %9.1f %7.2f\n", row.hits, row.text / 1024,
                first > 0 ? row.text / first / 1000 : 0);
  }
}

}  // namespace warifu::bench
