// What more rules cost: the first pass with the shipped rules, with packs besides, and with 2,000
// rules, each beside hs_scan alone with the same database on the same bytes, in one run. The
// columns are explained in README.md.
#include <hs/hs.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "mail/message.h"
#include "sample_mail.h"
#include "scan/engine_hooks.h"

namespace warifu::bench {
namespace {

namespace fs = std::filesystem;
using Watch = std::chrono::steady_clock;

constexpr std::size_t kMany = 2000;  // rules
constexpr int kRounds = 15;          // of which the least counts
constexpr std::size_t kMailBytes = 1u << 20;

struct Subject {
  Kind kind;
  std::vector<Segment> segments;
  double bytes = 0;
};

struct Loaded {
  std::string name;
  std::shared_ptr<const scan::PatternSet> rules;
  double compile_ms = 0, cache_ms = 0;
};

// The database of the set that was scanned last: hs_scan is handed it, and nobody else.
const hs_database_t* g_database = nullptr;

hs_error_t HS_CDECL ScanAndNote(const hs_database_t* database, const char* data, unsigned length,
                                unsigned flags, hs_scratch_t* scratch, match_event_handler on_event,
                                void* context) {
  g_database = database;
  return hs_scan(database, data, length, flags, scratch, on_event, context);
}

int HS_CDECL Ignore(unsigned, unsigned long long, unsigned long long, unsigned, void*) {
  return 0;
}

double Milliseconds(const std::function<void()>& work) {
  const auto begin = Watch::now();
  work();
  return std::chrono::duration<double, std::milli>(Watch::now() - begin).count();
}

std::shared_ptr<const scan::PatternSet> LoadRules(const scan::LoadOptions& options) {
  scan::EngineHooks hooks;
  hooks.scan = &ScanAndNote;
  auto loaded = scan::LoadWith(options, hooks);
  if (loaded) return *loaded;
  for (const Error& error : loaded.error()) std::fprintf(stderr, "%s\n", error.ToString().c_str());
  std::exit(1);
}

// Twice: compiled, then from the cache.
Loaded LoadTwice(const std::string& name, std::vector<scan::RuleSource> sources) {
  char folder[] = "/tmp/warifu-bench-XXXXXX";
  if (mkdtemp(folder) == nullptr) std::abort();
  scan::LoadOptions options;
  options.sources = std::move(sources);
  options.cache_dir = folder;
  Loaded out;
  out.name = name;
  out.compile_ms = Milliseconds([&] { out.rules = LoadRules(options); });
  out.cache_ms = Milliseconds([&] { out.rules = LoadRules(options); });
  if (!out.rules->from_cache()) std::fprintf(stderr, "%s: the cache was not used\n", name.c_str());
  fs::remove_all(folder);
  return out;
}

// Rules like those for keys: a mark of a made-up service and a run of characters, or its name, a
// word for a key and a value.
std::string MadeUpRules(std::size_t count) {
  constexpr std::string_view kSyllables[] = {
      "ba", "co", "di", "fe", "gu", "ka",  "lo",  "mi",  "nu",  "pe",  "qui", "ro",  "sa",
      "te", "vu", "xi", "yo", "za", "bri", "cla", "dro", "fle", "gra", "ple", "stu", "tri"};
  std::mt19937 random(20260401);
  const auto syllable = [&] { return std::string(kSyllables[random() % std::size(kSyllables)]); };
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name = syllable() + syllable() + syllable();
    const std::string length = std::to_string(20 + random() % 30);
    const std::string regex =
        i % 2 == 0 ? "\\b" + name.substr(0, 4) + "_[0-9A-Za-z]{" + length + "}\\b"
                   : "(?i)" + name + "[a-z0-9_ .-]{0,20}(?:key|token|secret)[\"']?[ \\t]{0,4}" +
                         "(?:[:=]|は)[ \\t]{0,4}[\"']?([0-9a-z]{" + length + "})\\b";
    out += "[[rules]]\nid = \"made-up-" + std::to_string(i) +
           "\"\ndescription = \"A made-up service\"\nregex = '''" + regex + "'''\nkeywords = [\"" +
           name.substr(0, 4) + "\"]\n";
  }
  return out;
}

Subject MakeSubject(Kind kind) {
  Subject out{.kind = kind, .segments = {}};
  out.segments = mail::Parse(SampleMail(kind, kMailBytes), {}).segments;
  for (const Segment& segment : out.segments) out.bytes += static_cast<double>(segment.text.size());
  return out;
}

struct Figures {
  double alone_us = 0, first_us = 0, second_us = 0;
};

void KeepLeast(double value, double* least) {
  if (*least == 0 || value < *least) *least = value;
}

Figures Measure(const Loaded& set, const Subject& subject, hs_scratch_t** scratch) {
  Figures out;
  set.rules->Scan(subject.segments, {});
  if (hs_alloc_scratch(g_database, scratch) != HS_SUCCESS) std::abort();
  for (int round = 0; round < kRounds; ++round) {
    KeepLeast(1000 * Milliseconds([&] {
                for (const Segment& segment : subject.segments) {
                  hs_scan(g_database, segment.text.data(),
                          static_cast<unsigned>(segment.text.size()), 0, *scratch, Ignore, nullptr);
                }
              }),
              &out.alone_us);
    scan::StageTimes times;
    set.rules->Scan(subject.segments, {}, &times);
    KeepLeast(times.first_pass_us, &out.first_us);
    KeepLeast(times.second_pass_us, &out.second_us);
  }
  return out;
}

void Print(const Loaded& set, const std::vector<Subject>& subjects, hs_scratch_t** scratch) {
  for (const Subject& subject : subjects) {
    const Figures f = Measure(set, subject, scratch);
    std::printf("%-18s %5zu  %-15s %8.2f %10.2f %8.2f %12.0f\n", set.name.c_str(),
                set.rules->rules().size(), std::string(NameOf(subject.kind)).c_str(),
                subject.bytes / f.alone_us / 1000, subject.bytes / f.first_us / 1000,
                f.first_us / f.alone_us, f.second_us * (1 << 20) / subject.bytes);
  }
  std::size_t database = 0, space = 0;
  hs_database_size(g_database, &database);
  hs_scratch_size(*scratch, &space);
  std::printf(
      "%-18s        compiled in %.0f ms, from the cache in %.0f ms; database %.1f MiB, a scan's "
      "space %.0f KiB\n",
      "", set.compile_ms, set.cache_ms, static_cast<double>(database) / (1 << 20),
      static_cast<double>(space) / 1024);
}

// Packs in TOML: folders and files that were named, or those of the test data.
std::vector<scan::RuleSource> Packs(int argc, char** argv) {
  std::vector<std::string> from(argv + 1, argv + argc);
  if (from.empty()) from = {WARIFU_SOURCE_DIR "/../shared/data/rule-packs"};
  std::vector<scan::RuleSource> out;
  for (const std::string& path : from) {
    if (fs::is_regular_file(path)) out.push_back({path, true});
    if (!fs::is_directory(path)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(path)) {
      if (entry.path().extension() == ".toml") out.push_back({entry.path().string(), true});
    }
  }
  if (out.empty()) std::fprintf(stderr, "SKIPPED: no packs at %s\n", from[0].c_str());
  return out;
}

void Run(int argc, char** argv) {
  std::vector<Subject> subjects;
  for (const Kind kind : {Kind::kEnglish, Kind::kBase64Text, Kind::kJapanese}) {
    subjects.push_back(MakeSubject(kind));
  }
  std::vector<Loaded> sets;
  std::vector<scan::RuleSource> sources = {{WARIFU_SOURCE_DIR "/patterns", false}};
  sets.push_back(LoadTwice("shipped", sources));
  for (scan::RuleSource& pack : Packs(argc, argv)) sources.push_back(std::move(pack));
  if (sources.size() > 1) sets.push_back(LoadTwice("with packs", sources));
  const std::size_t so_far = sets.back().rules->rules().size();
  if (so_far < kMany) {
    sources.push_back({"made-up.toml", false, MadeUpRules(kMany - so_far)});
    sets.push_back(LoadTwice("with made-up ones", sources));
  }
  std::printf("%-18s %5s  %-15s %8s %10s %8s %12s\n", "set", "rules", "text", "hs_scan", "1st pass",
              "ratio", "2nd us/MiB");
  hs_scratch_t* scratch = nullptr;
  for (const Loaded& set : sets) Print(set, subjects, &scratch);
  hs_free_scratch(scratch);
}

}  // namespace
}  // namespace warifu::bench

int main(int argc, char** argv) {
  warifu::bench::Run(argc, argv);
  return 0;
}
