// `warifu scan`: stored mail through the inspection of the gateway.
#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <ostream>
#include <sstream>
#include <thread>

#include "app/offline.h"
#include "base/ordered_pool.h"
#include "base/redact.h"
#include "cli/handlers.h"
#include "cli/interrupt.h"
#include "cli/replace_file.h"
#include "cli/report.h"
#include "cli/source.h"
#include "cli/tool_settings.h"
#include "cli/when.h"

namespace warifu::cli {
namespace {

// Raw bytes under way at once; a message above that still goes through, alone.
constexpr std::size_t kBytesUnderWay = 256u << 20;
constexpr std::size_t kMessagesPerThread = 64;

struct Inspected {
  std::string text;  // "" when it is not to be shown
  std::string path;
  std::size_t bytes = 0;
  bool found = false;   // a finding, a failed check, or unread in a way that is not let pass
  bool faulty = false;  // not read whole
  bool failed = false;  // warifu itself could not do its work
  std::map<Severity, std::uint64_t, std::greater<>> findings;
  std::uint64_t ignored = 0;
  std::vector<scan::IgnoreEntry> baseline;  // where one is to be written
  std::map<FaultCause, std::uint64_t> faults;
};

struct Options {
  bool json = false, all = false;
  Severity least = Severity::kInfo;
  app::OfflineOptions offline;
  unsigned threads = 1;
  std::string baseline;  // file to write; "" for none
};

class Scan {
 public:
  Scan(const app::Snapshot& snapshot, const Options& options, Terminal& terminal)
      : snapshot_(snapshot), options_(options), terminal_(terminal) {}

  int Run(std::span<const std::string> paths);

 private:
  Inspected Inspect(StoredMessage message) const;
  void Take(const Inspected& inspected);
  void Progress(const Inspected& last);
  void ClearProgress();
  void Summary();
  void Interrupted();
  bool WriteBaseline();

  const app::Snapshot& snapshot_;
  const Options options_;
  Terminal& terminal_;
  const std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::chrono::steady_clock::time_point next_progress_ = begin_ + std::chrono::seconds(1);
  bool progress_shown_ = false;
  std::timed_mutex output_;  // the reading thread reports errors while a worker prints results
  std::uint64_t messages_ = 0, found_ = 0, faulty_ = 0, failed_ = 0, bytes_ = 0, unreadable_ = 0;
  std::map<Severity, std::uint64_t, std::greater<>> findings_;
  std::uint64_t ignored_ = 0;
  std::map<std::pair<std::string, std::string>, std::string> baseline_;  // → reason
  std::map<FaultCause, std::uint64_t> faults_;
};

Inspected Scan::Inspect(StoredMessage message) const {
  Inspected out;
  out.path = message.path;
  out.bytes = message.raw.size();
  app::OfflineReport report =
      message.mail
          ? app::InspectStoredMail(snapshot_, Clock::System(), message.raw, options_.offline)
          : app::InspectPlainFile(snapshot_, Clock::System(), std::move(message.raw), message.path);
  for (std::size_t i = 0; i < report.faults.size(); ++i) {
    const FaultCause cause = report.faults[i].cause;
    ++out.faults[cause];
    out.failed |= IsPassing(cause);
    out.found |=
        i < report.verdict.fault_would.size() && report.verdict.fault_would[i] > Action::kTag;
  }
  out.faulty = !report.faults.empty();
  KeepFrom(options_.least, &report);
  for (const Finding& finding : report.findings) {
    const bool ignored = !finding.ignored.empty();
    out.ignored += ignored ? 1 : 0;
    if (!ignored) ++out.findings[finding.severity];
    if (!options_.baseline.empty()) {
      out.baseline.push_back({finding.rule, finding.fingerprint, finding.ignored, {}, {}});
    }
  }
  out.found |= !out.findings.empty() || std::ranges::any_of(report.checks, IsFailed);
  if (options_.all || out.found || report.verdict.would != Action::kAccept) {
    out.text = options_.json ? ReportJson(message, report) : ReportText(terminal_, message, report);
  }
  return out;
}

void Scan::Take(const Inspected& inspected) {
  const std::lock_guard lock(output_);
  ++messages_;
  bytes_ += inspected.bytes;
  found_ += inspected.found ? 1 : 0;
  failed_ += inspected.failed ? 1 : 0;
  faulty_ += inspected.faulty ? 1 : 0;
  ignored_ += inspected.ignored;
  for (const scan::IgnoreEntry& entry : inspected.baseline) {
    baseline_[{entry.rule, entry.fingerprint}] = entry.reason;
  }
  for (const auto& [severity, count] : inspected.findings) findings_[severity] += count;
  for (const auto& [cause, count] : inspected.faults) faults_[cause] += count;
  if (!inspected.text.empty()) {
    ClearProgress();
    terminal_.out << inspected.text;
    if (terminal_.progress) terminal_.out.flush();
  }
  Progress(inspected);
}

void Scan::Progress(const Inspected& last) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_.progress || now < next_progress_) return;
  next_progress_ = now + std::chrono::milliseconds(200);
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  std::ostringstream line;
  line << messages_ << " messages, " << found_ << " with findings, "
       << static_cast<std::uint64_t>(static_cast<double>(messages_) / seconds) << "/s  ";
  const std::size_t room = static_cast<std::size_t>(terminal_.columns) - 1;
  std::string text = line.str();
  const std::string path = Printable(last.path, kBytesUnderWay);
  if (text.size() < room)
    text += path.substr(path.size() - std::min(path.size(), room - text.size()));
  terminal_.err << "\r\x1b[K" << text.substr(0, room) << std::flush;
  progress_shown_ = true;
}

void Scan::ClearProgress() {
  if (progress_shown_) terminal_.err << "\r\x1b[K" << std::flush;
  progress_shown_ = false;
}

template <typename Key>
std::string Counts(const std::map<Key, std::uint64_t, std::greater<>>& counts) {
  std::string text;
  for (const auto& [key, count] : counts) {
    text += (text.empty() ? "" : ", ") + std::string(ToString(key)) + " " + std::to_string(count);
  }
  return text;
}

void Scan::Summary() {
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  std::ostream& err = terminal_.err;
  err << messages_ << (messages_ == 1 ? " message" : " messages") << " (" << (bytes_ + 1023) / 1024
      << " KiB) in " << static_cast<std::uint64_t>(seconds * 1000) << " ms: " << found_
      << " with findings, " << faulty_ << " not read whole, " << unreadable_ << " unreadable\n";
  if (!findings_.empty()) err << "findings: " << Counts(findings_) << '\n';
  if (ignored_ > 0) err << "ignored: " << ignored_ << '\n';
  std::map<FaultCause, std::uint64_t, std::greater<>> faults(faults_.begin(), faults_.end());
  if (!faults.empty()) err << "faults: " << Counts(faults) << '\n';
}

// What was found so far goes out in whole lines; where nobody reads them any more, without them.
void Scan::Interrupted() {
  const std::unique_lock lock(output_, std::chrono::seconds(1));
  if (!lock.owns_lock()) return;
  terminal_.out.flush();
  ClearProgress();
  terminal_.err << "warifu: interrupted; not everything was looked at\n";
  Summary();
  terminal_.err.flush();
}

// Known findings keep their reason.
bool Scan::WriteBaseline() {
  const std::string fresh =
      "baseline of " + LocalTime(terminal_.clock->Now()).substr(0, 10);  // the day
  std::vector<scan::IgnoreEntry> entries;
  for (const auto& [key, reason] : baseline_) {
    entries.push_back({key.first, key.second, reason.empty() ? fresh : reason, {}, {}});
  }
  const auto written = ReplaceFile(options_.baseline, scan::IgnoreText(snapshot_.key, entries));
  if (!written) PrintError(terminal_, written.error());
  return written.has_value();
}

int Scan::Run(std::span<const std::string> paths) {
  const Interrupt interrupt([this] { Interrupted(); });
  OrderedPool<StoredMessage, Inspected> pool(
      {options_.threads, kBytesUnderWay, kMessagesPerThread * options_.threads},
      [this](StoredMessage message) { return Inspect(std::move(message)); },
      [this](const Inspected& inspected) { Take(inspected); });
  const SourceSink sink{.message =
                            [&](StoredMessage message) {
                              const std::size_t bytes = message.raw.size();
                              return pool.Submit(std::move(message), bytes) && terminal_.out.good();
                            },
                        .unreadable =
                            [&](const Error& error) {
                              const std::lock_guard lock(output_);
                              ClearProgress();
                              ++unreadable_;
                              PrintError(terminal_, error);
                            }};
  ReadSources(paths, terminal_.in, snapshot_.settings.limits.message_bytes, sink);
  pool.Finish();
  ClearProgress();
  Summary();
  if (!options_.baseline.empty() && !WriteBaseline()) return kExitError;
  if (unreadable_ > 0 || failed_ > 0) return kExitError;
  return found_ > 0 ? kExitFound : kExitClean;
}

Result<unsigned> Threads(const Arguments& arguments) {
  if (!arguments.Has("jobs")) return std::max(1u, std::thread::hardware_concurrency());
  const std::string text = arguments.Value("jobs");
  if (text.empty() || text.size() > 3 || text.find_first_not_of("0123456789") != text.npos ||
      std::stoul(text) == 0) {
    return Fail(ErrorKind::kInvalid, "--jobs needs a number from 1 to 999");
  }
  return static_cast<unsigned>(std::stoul(text));
}

}  // namespace

int RunScan(const Arguments& arguments, Terminal& terminal) {
  Options options;
  options.json = arguments.json();
  options.all = arguments.Has("all");
  FromString(arguments.Value("severity", "info"), &options.least);
  options.baseline = arguments.Value("write-baseline");
  options.offline.account = arguments.Value("account");
  const Result<unsigned> threads = Threads(arguments);
  if (!threads) {
    PrintError(terminal, threads.error());
    return kExitError;
  }
  options.threads = *threads;
  const auto snapshot = SnapshotFor(arguments, terminal);
  if (!snapshot) {
    PrintErrors(terminal, snapshot.error());
    return kExitError;
  }
  if (!options.baseline.empty() && !(*snapshot)->key_lasting) {
    PrintError(terminal, {ErrorKind::kInvalid,
                          "--write-baseline needs a configuration whose fingerprint.key_file can "
                          "be read: without that key no finding is known again",
                          {}});
    return kExitError;
  }
  return Scan(**snapshot, options, terminal).Run(arguments.operands);
}

}  // namespace warifu::cli
