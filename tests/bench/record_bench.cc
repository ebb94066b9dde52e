// The exact-match index: what it costs to build for 1,026,000 rows of four columns, and what a MiB
// of each kind of mail costs to search. `MiB` is the index, `candidates` what was asked of its
// filter.
#include <benchmark/benchmark.h>

#include <iterator>
#include <string>
#include <vector>

#include "../scan/member_table.h"
#include "mail/message.h"
#include "sample_mail.h"
#include "scan/index_builder.h"
#include "scan/record_finder.h"

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
  state.counters["MiB"] = size / (1u << 20);
}
BENCHMARK(BM_Build)->Unit(benchmark::kMillisecond);

void BM_Search(benchmark::State& state) {
  static const auto index = *scan::RecordIndex::FromBytes(Build().bytes, kKey);
  static const scan::RecordFinder finder(*index);
  const Kind kind = kKinds[state.range(0)];
  const mail::Message message = mail::Parse(SampleMail(kind, 1u << 20), {});
  double bytes = 0, candidates = 0;
  std::vector<scan::IndexMatch> matches;
  for (auto _ : state) {
    scan::FindStats stats;
    scan::FindOptions options;
    options.stats = &stats;
    matches.clear();
    bytes = 0;
    for (const Segment& segment : message.segments) {
      finder.Find(segment.text, options, &matches);
      bytes += static_cast<double>(segment.text.size());
    }
    candidates = static_cast<double>(stats.candidates);
  }
  state.SetLabel(std::string(NameOf(kind)));
  state.SetBytesProcessed(
      static_cast<std::int64_t>(bytes * static_cast<double>(state.iterations())));
  state.counters["candidates"] = candidates;
  state.counters["text_KiB"] = bytes / 1024;
}
BENCHMARK(BM_Search)->DenseRange(0, std::size(kKinds) - 1)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace warifu::bench
