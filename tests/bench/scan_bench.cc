// What a scan costs, stage by stage, beside GMime's parse alone and hs_scan's share: README.md.
#include <benchmark/benchmark.h>
#include <glib.h>
#include <gmime/gmime.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "mail/message.h"
#include "scan/pattern_set.h"

namespace {

using namespace warifu;

const scan::PatternSet& Rules() {
  static const auto set = [] {
    scan::LoadOptions options;
    options.sources = {{WARIFU_SOURCE_DIR "/patterns", false}};
    auto loaded = scan::Load(options);
    if (!loaded) {
      for (const Error& e : loaded.error()) std::fprintf(stderr, "%s\n", e.ToString().c_str());
      std::exit(1);
    }
    return *loaded;
  }();
  return *set;
}

constexpr const char* kSentences[] = {
    "The minutes of Tuesday's meeting are below; please send corrections by Friday noon.\r\n",
    "As agreed we ship 120 units in the first week, and the rest once the paint has dried.\r\n",
    "Let me know whether the train at 8:15 suits you, or whether we should take the car.\r\n",
};
constexpr const char* kJapanese[] = {
    "\xE4\xBC\x9A\xE8\xAD\xB0\xE3\x81\xAE\xE8\xAD\xB0\xE4\xBA\x8B\xE9\x8C\xB2\xE3\x82\x92\xE3\x81"
    "\x8A\xE9\x80\x81\xE3\x82\x8A\xE3\x81\x97\xE3\x81\xBE\xE3\x81\x99\xE3\x80\x82\r\n",
    "\xE6\x9D\xA5\xE9\x80\xB1\xE3\x81\xAE\xE4\xBA\x88\xE5\xAE\x9A\xE3\x82\x92\xE3\x81\x94\xE7\xA2"
    "\xBA\xE8\xAA\x8D\xE3\x81\x8F\xE3\x81\xA0\xE3\x81\x95\xE3\x81\x84\xE3\x80\x82\r\n",
};
constexpr const char* kHit = "login: taro\r\npassword: Nk3wq81z\r\n";

enum Kind { kAscii, kBase64, kIso2022Jp };

// `size` bytes of text, with five member's passwords in it.
std::string Text(Kind kind, std::size_t size) {
  std::string text;
  for (std::size_t i = 0, hits = 0; text.size() < size; ++i) {
    text += kind == kIso2022Jp ? kJapanese[i % 2] : kSentences[i % 3];
    if (hits < 5 && text.size() >= hits * size / 5) {
      text += kHit;
      ++hits;
    }
  }
  return text;
}

std::string Encoded(const std::string& text) {
  gchar* encoded = g_base64_encode(reinterpret_cast<const guchar*>(text.data()), text.size());
  const std::string flat(encoded);
  g_free(encoded);
  std::string out;
  for (std::size_t i = 0; i < flat.size(); i += 76) out += flat.substr(i, 76) + "\r\n";
  return out;
}

std::string InIso2022Jp(const std::string& utf8) {
  gsize written = 0;
  gchar* jis = g_convert(utf8.data(), static_cast<gssize>(utf8.size()), "ISO-2022-JP", "UTF-8",
                         nullptr, &written, nullptr);
  std::string out(jis, written);
  g_free(jis);
  return out;
}

std::string Mail(Kind kind, std::size_t size) {
  std::string head =
      "From: Taro <taro@example.jp>\r\nTo: hanako@example.jp\r\nSubject: minutes\r\n"
      "Message-ID: <1@example.jp>\r\nMIME-Version: 1.0\r\n";
  if (kind == kAscii) return head + "\r\n" + Text(kind, size);
  if (kind == kIso2022Jp) {
    return head + "Content-Type: text/plain; charset=ISO-2022-JP\r\n\r\n" +
           InIso2022Jp(Text(kind, size));
  }
  return head +
         "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
         Encoded(Text(kind, size * 3 / 4));
}

void SetBytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * bytes));
}

void BM_GMimeParse(benchmark::State& state, Kind kind) {
  g_mime_init();
  const std::string raw = Mail(kind, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) {
    GMimeStream* stream = g_mime_stream_mem_new_with_buffer(raw.data(), raw.size());
    GMimeParser* parser = g_mime_parser_new_with_stream(stream);
    GMimeMessage* message = g_mime_parser_construct_message(parser, nullptr);
    benchmark::DoNotOptimize(message);
    g_object_unref(message);
    g_object_unref(parser);
    g_object_unref(stream);
  }
  SetBytes(state, raw.size());
}

// mail::Parse: structure, decoding, charset, normalisation and regions.
void BM_Parse(benchmark::State& state, Kind kind) {
  const std::string raw = Mail(kind, static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(mail::Parse(raw, {}));
  SetBytes(state, raw.size());
}

// PatternSet::Scan of the parsed mail; counters: microseconds in each pass, findings.
void BM_Scan(benchmark::State& state, Kind kind) {
  const std::string raw = Mail(kind, static_cast<std::size_t>(state.range(0)));
  const mail::Message message = mail::Parse(raw, {});
  std::size_t bytes = 0, findings = 0;
  for (const Segment& segment : message.segments) bytes += segment.text.size();
  scan::StageTimes times;
  for (auto _ : state) findings = Rules().Scan(message.segments, {}, &times).findings.size();
  SetBytes(state, bytes);
  state.counters["first_us"] =
      benchmark::Counter(times.first_pass_us, benchmark::Counter::kAvgIterations);
  state.counters["second_us"] =
      benchmark::Counter(times.second_pass_us, benchmark::Counter::kAvgIterations);
  state.counters["findings"] = static_cast<double>(findings);
}

void Sizes(benchmark::internal::Benchmark* b) {
  b->Arg(4 << 10)->Arg(50 << 10)->Arg(1 << 20)->Unit(benchmark::kMicrosecond);
}

BENCHMARK_CAPTURE(BM_GMimeParse, ascii, kAscii)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_GMimeParse, base64, kBase64)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_GMimeParse, iso2022jp, kIso2022Jp)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Parse, ascii, kAscii)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Parse, base64, kBase64)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Parse, iso2022jp, kIso2022Jp)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Scan, ascii, kAscii)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Scan, base64, kBase64)->Apply(Sizes);
BENCHMARK_CAPTURE(BM_Scan, iso2022jp, kIso2022Jp)->Apply(Sizes);

}  // namespace
