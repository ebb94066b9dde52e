// What the inspection of a mail costs, stage by stage, beside GMime alone and hs_scan alone. The
// columns are explained in README.md.
#include <benchmark/benchmark.h>
#include <gmime/gmime.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "app/judge.h"
#include "rule_database.h"
#include "sample_mail.h"
#include "stage_table.h"

namespace warifu::bench {
namespace {

[[noreturn]] void Die(const Errors& errors) {
  for (const Error& error : errors) std::fprintf(stderr, "%s\n", error.ToString().c_str());
  std::exit(1);
}

// What the daemon reads at its start: shipped rules and defaults, a small table of accounts.
const app::Snapshot& TheSnapshot(const Clock& clock) {
  static const auto snapshot = [&clock] {
    char table[] = "/tmp/warifu-bench-XXXXXX";
    if (mkstemp(table) < 0) std::abort();
    std::ofstream(table) << "taro@example.jp taro\nhanako@example.jp hanako\n";
    app::Settings settings = app::DefaultSettings();
    settings.rules.sources = {{WARIFU_SOURCE_DIR "/patterns", false}};
    settings.rules.cache_dir.clear();
    settings.directory.type = binding::DirectoryOptions::Type::kTable;
    settings.directory.path = table;
    auto built = app::BuildSnapshot(std::move(settings), clock, app::KeyUse::kReadOnly);
    std::remove(table);
    if (!built) Die(built.error());
    return *built;
  }();
  return *snapshot;
}

// One mail, with all that its stages start from.
class Subject {
 public:
  Subject(Kind kind, std::size_t size) : raw_(SampleMail(kind, size)) {
    mail_.listener = {.name = "submission", .mode = Mode::kEnforce, .submission = true};
    mail_.envelope.account = "taro";
    mail_.envelope.submission = true;
    mail_.envelope.complete = true;
    mail_.raw = raw_;
    mail_.reference = "WF-BENCH";
    judged_ = Judge();
    for (const Segment& segment : judged_.content.message.segments) text_ += segment.text.size();
  }

  app::Judgement Judge() const {
    app::Budget budget(clock_, std::chrono::minutes(1), nullptr);
    return app::Judge(snapshot_, mail_, budget);
  }

  // `with_text`: have GMime decode each part to UTF-8 text, too.
  void GMime(bool with_text) const {
    GMimeStream* stream = g_mime_stream_mem_new_with_buffer(raw_.data(), raw_.size());
    GMimeParser* parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage* message = g_mime_parser_construct_message(parser, nullptr);
    if (with_text) g_mime_message_foreach(message, GetText, nullptr);
    g_object_unref(message);
    g_object_unref(parser);
    g_object_unref(stream);
  }

  void Identify() const {
    for (const mail::Part& part : judged_.content.message.parts) {
      if (part.attachment) benchmark::DoNotOptimize(snapshot_.typer->Identify(part.content));
    }
  }

  mail::Message Parse() const {
    mail::Message message = mail::Parse(raw_, snapshot_.settings.limits);
    for (std::size_t i = 0; i < message.parts.size(); ++i) {
      if (!message.parts[i].attachment) continue;
      mail::AddText(&message, i, mail::TextKind::kPlain, snapshot_.settings.limits);
    }
    return message;
  }

  void HsScan() const {
    for (const Segment& segment : judged_.content.message.segments) ScanWithRules(segment.text);
  }

  scan::StageTimes Scan() const {
    scan::ScanContext context;
    context.key = &snapshot_.key;
    scan::StageTimes times;
    benchmark::DoNotOptimize(
        snapshot_.rules->Scan(judged_.content.message.segments, context, &times));
    return times;
  }

  void Decide() const {
    policy::Evidence evidence;
    evidence.listener = mail_.listener;
    evidence.findings = judged_.content.findings;
    evidence.edits = judged_.edits.facts;
    evidence.checks = judged_.checks;
    evidence.faults = judged_.content.faults;
    benchmark::DoNotOptimize(policy::Decide(snapshot_.settings.policy, evidence, mail_.reference));
  }

  std::size_t text_bytes() const { return text_; }
  std::size_t findings() const { return judged_.content.findings.size(); }

 private:
  static void GetText(GMimeObject*, GMimeObject* part, gpointer) {
    if (GMIME_IS_TEXT_PART(part)) g_free(g_mime_text_part_get_text(GMIME_TEXT_PART(part)));
  }

  const Clock& clock_ = Clock::System();
  const app::Snapshot& snapshot_ = TheSnapshot(clock_);
  std::string raw_;
  app::Case mail_;
  app::Judgement judged_;
  std::size_t text_ = 0;
};

using Mail = std::shared_ptr<const Subject>;

void Register(const std::string& row, Stage stage, const Mail& mail,
              std::function<void(const Subject&)> work) {
  benchmark::RegisterBenchmark(BenchmarkName(row, stage).c_str(),
                               [mail, work = std::move(work)](benchmark::State& state) {
                                 for (auto _ : state) work(*mail);
                                 state.counters["text"] = static_cast<double>(mail->text_bytes());
                                 state.counters["hits"] = static_cast<double>(mail->findings());
                               });
}

// A pass cannot run by itself: it is timed inside of the scan.
void RegisterPass(const std::string& row, Stage stage, const Mail& mail,
                  double scan::StageTimes::* pass) {
  benchmark::RegisterBenchmark(BenchmarkName(row, stage).c_str(), [mail,
                                                                   pass](benchmark::State& state) {
    for (auto _ : state) state.SetIterationTime(mail->Scan().*pass * 1e-6);
  })->UseManualTime();
}

void RegisterAll() {
  constexpr std::pair<std::size_t, const char*> kSizes[] = {
      {4u << 10, "4 KiB"}, {50u << 10, "50 KiB"}, {1u << 20, "1 MiB"}};
  for (const Kind kind : kKinds) {
    for (const auto& [size, size_name] : kSizes) {
      const std::string row = std::string(NameOf(kind)) + ", " + size_name;
      const auto mail = std::make_shared<const Subject>(kind, size);
      Register(row, Stage::kGMime, mail, [](const Subject& m) { m.GMime(false); });
      Register(row, Stage::kGMimeText, mail, [](const Subject& m) { m.GMime(true); });
      Register(row, Stage::kHsScan, mail, [](const Subject& m) { m.HsScan(); });
      Register(row, Stage::kParse, mail,
               [](const Subject& m) { benchmark::DoNotOptimize(m.Parse()); });
      Register(row, Stage::kIdentify, mail, [](const Subject& m) { m.Identify(); });
      RegisterPass(row, Stage::kFirstPass, mail, &scan::StageTimes::first_pass_us);
      RegisterPass(row, Stage::kSecondPass, mail, &scan::StageTimes::second_pass_us);
      Register(row, Stage::kDecide, mail, [](const Subject& m) { m.Decide(); });
      Register(row, Stage::kWhole, mail,
               [](const Subject& m) { benchmark::DoNotOptimize(m.Judge()); });
    }
  }
}

}  // namespace
}  // namespace warifu::bench

int main(int argc, char** argv) {
  using namespace warifu::bench;
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  g_mime_init();
  RegisterAll();
  StageTable table;
  benchmark::RunSpecifiedBenchmarks(&table);
  benchmark::Shutdown();
  return 0;
}
