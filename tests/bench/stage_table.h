// StageTable: a Google Benchmark reporter that prints one line a mail, one column a stage.
//
// Each figure is the least of the runs, since whatever else the machine does only adds.
#pragma once

#include <benchmark/benchmark.h>

#include <array>
#include <map>
#include <string>
#include <vector>

namespace warifu::bench {

enum class Stage {
  kGMime,
  kGMimeText,
  kHsScan,
  kParse,
  kIdentify,
  kFirstPass,
  kSecondPass,
  kDecide,
  kWhole
};
inline constexpr std::size_t kStages = 9;

// "row/stage", which the table takes apart again.
std::string BenchmarkName(const std::string& row, Stage stage);

class StageTable : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override;

 private:
  struct Row {
    std::array<double, kStages> microseconds{};
    double text = 0, hits = 0;
  };

  void Add(const Run& run);

  std::vector<std::string> order_;
  std::map<std::string, Row> rows_;
};

}  // namespace warifu::bench
