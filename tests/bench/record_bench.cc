// The exact-match index: what it costs to build for 1,026,000 rows of four columns, and what a MiB
// of each kind of mail costs to search, beside Hyperscan alone with the shipped rules. README.md
// explains the columns.
#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "../scan/member_table.h"
#include "base/normalise.h"
#include "mail/message.h"
#include "rule_database.h"
#include "sample_mail.h"
#include "scan/index_builder.h"
#include "scan/record_finder.h"
#include "scan/row_scan.h"
#include "scan/rule_file.h"

namespace warifu::bench {
namespace {

constexpr scan::SipKey kKey{3, 5};

scan::BuiltIndex Build() {
  const auto schema = scan::ParseIndexSchema(scan::test::kMemberSchema, "schema");
  scan::test::MemberTable table;
  auto built = scan::BuildIndex(*schema, kKey, table, WallTime{}, {});
  return *std::move(built);
}

void BM_Build(benchmark::State& state) {
  double size = 0;
  for (auto _ : state) size = static_cast<double>(Build().bytes.size());
  state.counters["bytes"] = size;
}
BENCHMARK(BM_Build)->Unit(benchmark::kMillisecond);

double ProcessorMs() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) * 1e3 + static_cast<double>(t.tv_nsec) * 1e-6;
}

// Times each round by itself, since others may use the machine: the least of many is what the work
// costs when they do not.
void Rounds(benchmark::State& state, std::size_t bytes, const std::function<void()>& work) {
  std::vector<double> times;
  for (auto _ : state) {
    const double begin = ProcessorMs();
    work();
    times.push_back(ProcessorMs() - begin);
  }
  std::ranges::sort(times);
  const double mib = static_cast<double>(bytes) / (1u << 20);
  const auto at = [&](std::size_t percent) {
    return times[std::min(times.size() - 1, times.size() * percent / 100)] / mib;
  };
  state.counters["least"] = at(0);
  state.counters["median"] = at(50);
  state.counters["p90"] = at(90);
  state.counters["MiB"] = mib;
}

// Segments of a sample mail, text attachments too.
const std::vector<Segment>& Texts(std::size_t kind) {
  static std::vector<Segment> texts[std::size(kKinds)];
  if (!texts[kind].empty()) return texts[kind];
  mail::Message message = mail::Parse(SampleMail(kKinds[kind], 1u << 20), {});
  for (std::size_t i = 0; i < message.parts.size(); ++i) {
    if (message.parts[i].attachment) mail::AddText(&message, i, mail::TextKind::kPlain, {});
  }
  return texts[kind] = std::move(message.segments);
}

void Search(benchmark::State& state, const std::vector<Segment>& segments) {
  static const auto index = *scan::RecordIndex::FromBytes(Build().bytes, kKey);
  static const scan::RecordFinder finder(*index);
  std::size_t bytes = 0;
  for (const Segment& segment : segments) bytes += segment.text.size();
  std::vector<scan::IndexMatch> matches;
  scan::FindStats stats;
  Rounds(state, bytes, [&] {
    stats = {};
    scan::FindOptions options;
    options.stats = &stats;
    matches.clear();
    for (const Segment& segment : segments) finder.Find(segment.text, options, &matches);
  });
  state.counters["hashed"] = static_cast<double>(stats.candidates);
  state.counters["passed"] = static_cast<double>(stats.passed);
}

void BM_Search(benchmark::State& state) {
  const auto kind = static_cast<std::size_t>(state.range(0));
  Search(state, Texts(kind));
  state.SetLabel(std::string(NameOf(kKinds[kind])));
}
BENCHMARK(BM_Search)->DenseRange(0, std::size(kKinds) - 1)->Unit(benchmark::kMillisecond);

void BM_HsScan(benchmark::State& state) {
  const auto kind = static_cast<std::size_t>(state.range(0));
  const std::vector<Segment>& segments = Texts(kind);
  std::size_t bytes = 0;
  for (const Segment& segment : segments) bytes += segment.text.size();
  Rounds(state, bytes, [&] {
    for (const Segment& segment : segments) ScanWithRules(segment.text);
  });
  state.SetLabel(std::string(NameOf(kKinds[kind])));
}
BENCHMARK(BM_HsScan)->DenseRange(0, std::size(kKinds) - 1)->Unit(benchmark::kMillisecond);

// The first pass's search for rows of tables and lists, with the shipped rules.
void FindRows(benchmark::State& state, const std::vector<Segment>& segments) {
  static const scan::RowScan rows = [] {
    static const scan::RuleSource source{WARIFU_SOURCE_DIR "/patterns", false};
    static const scan::RuleFiles files = scan::ReadRuleFiles({&source, 1}, {});
    std::vector<scan::RecordSource> sources;
    for (const scan::Rule& rule : files.rules) {
      if (rule.record == nullptr) continue;
      sources.push_back({static_cast<std::uint32_t>(sources.size()), rule.record.get()});
    }
    return scan::RowScan(sources);
  }();
  std::size_t bytes = 0;
  for (const Segment& segment : segments) bytes += segment.text.size();
  std::vector<scan::FoundRow> found;
  Rounds(state, bytes, [&] {
    found.clear();
    for (const Segment& segment : segments) rows.Run(segment.text, &found);
  });
  state.counters["rows"] = static_cast<double>(found.size());
}

void BM_Rows(benchmark::State& state) {
  const auto kind = static_cast<std::size_t>(state.range(0));
  FindRows(state, Texts(kind));
  state.SetLabel(std::string(NameOf(kKinds[kind])));
}
BENCHMARK(BM_Rows)->DenseRange(0, std::size(kKinds) - 1)->Unit(benchmark::kMillisecond);

std::string ReadFile(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// WARIFU_BENCH_TEXT names a file of UTF-8 text, or a folder of mails, that is searched, too.
const std::vector<Segment>& Named(const char* path) {
  static std::vector<Segment> texts;
  if (!texts.empty()) return texts;
  if (!std::filesystem::is_directory(path)) {
    texts.emplace_back().text = Normalise(ReadFile(path)).text;
    return texts;
  }
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (!entry.is_regular_file()) continue;
    mail::Message message = mail::Parse(ReadFile(entry.path()), {});
    std::ranges::move(message.segments, std::back_inserter(texts));
  }
  return texts;
}

void OverFile(benchmark::State& state,
              void (*search)(benchmark::State&, const std::vector<Segment>&)) {
  const char* path = std::getenv("WARIFU_BENCH_TEXT");
  if (path == nullptr) return state.SkipWithError("WARIFU_BENCH_TEXT names no text");
  search(state, Named(path));
  state.SetLabel(path);
}
void BM_SearchFile(benchmark::State& state) {
  OverFile(state, &Search);
}
BENCHMARK(BM_SearchFile)->Unit(benchmark::kMillisecond);
void BM_RowsFile(benchmark::State& state) {
  OverFile(state, &FindRows);
}
BENCHMARK(BM_RowsFile)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace warifu::bench
