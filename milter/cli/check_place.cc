#include "cli/check_place.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>

#include "base/iso_time.h"

namespace warifu::cli {
namespace {

constexpr std::uint64_t kLeastBytes = 64u << 20;
constexpr std::uint64_t kLeastFiles = 1000;
// No clock that is right shows less: warifu is younger.
constexpr WallTime kBirth{std::chrono::seconds(1'767'225'600)};  // 2026-01-01
constexpr std::chrono::minutes kSlack{10};

std::string MiB(std::uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

std::string FolderOf(const std::string& path) {
  return std::filesystem::path(path).parent_path().string();
}

std::string StoreFile(const app::Settings& settings) {
  constexpr std::string_view kFile = "sqlite:";
  return settings.store.url.starts_with(kFile) ? settings.store.url.substr(kFile.size()) : "";
}

struct Need {
  std::uint64_t bytes = kLeastBytes;
  std::string follows;
};

}  // namespace

std::optional<Space> SpaceOf(const std::string& folder) {
  struct statvfs status{};
  if (::statvfs(folder.c_str(), &status) != 0) return std::nullopt;
  Space space{static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize, UINT64_MAX};
  if (status.f_files > 0) space.files = status.f_favail;
  return space;
}

CheckReport CheckDisks(const app::Settings& settings, const std::vector<QueuePlace>& queues,
                       const SpaceProbe& probe) {
  std::map<std::string, Need> needs;
  const auto need = [&](const std::string& folder, std::uint64_t bytes, const char* follows) {
    if (!folder.empty()) needs.emplace(folder, Need{bytes, follows});
  };
  for (const QueuePlace& queue : queues) {
    // Postfix takes no mail below 1.5 times its limit.
    const std::uint64_t bytes = queue.message_bytes / 2 * 3;
    need(queue.folder, std::max(kLeastBytes, bytes), "the MTA soon takes no more mail");
  }
  if (const std::string file = StoreFile(settings); !file.empty()) {
    need(FolderOf(file), kLeastBytes, "once it is full, nothing is proven and mail is deferred");
  }
  if (settings.events_target.starts_with('/')) {
    need(FolderOf(settings.events_target), kLeastBytes,
         "once it is full, no event can be written and mail is deferred");
  }
  if (settings.log.target.starts_with('/')) {
    need(FolderOf(settings.log.target), kLeastBytes, "once it is full, nothing more is logged");
  }
  need(settings.rules.cache_dir, kLeastBytes, "once it is full, each start compiles all rules");
  CheckReport report;
  for (const auto& [folder, wanted] : needs) {
    const auto space = probe(folder);
    if (!space) continue;  // what is not there is told elsewhere
    const bool few = space->files < kLeastFiles;
    if (space->bytes >= wanted.bytes && !few) continue;
    report.push_back(
        {CheckLevel::kHurts,
         "disk",
         few ? "only " + std::to_string(space->files) + " files more can be made"
             : "only " + MiB(space->bytes) + " are free, less than " + MiB(wanted.bytes),
         {folder},
         "disk",
         wanted.follows,
         {{Remedy::Kind::kAdvice, "make room, or move it to a larger disk"}}});
  }
  return report;
}

CheckReport CheckClock(const app::Settings& settings, WallTime now,
                       std::optional<bool> synchronised) {
  const Remedy remedy{Remedy::Kind::kAdvice,
                      "let the machine take its time from the network (chrony, systemd-timesyncd)"};
  constexpr const char* kFollows =
      "announced changes, locks, leases and the until of rules begin and end at the wrong time";
  if (now < kBirth) {
    return {{CheckLevel::kError,
             "clock",
             "the clock says " + IsoTime(now),
             {},
             "clock",
             kFollows,
             {remedy}}};
  }
  CheckReport report;
  std::vector<std::string> files = {settings.fingerprint_key_file, settings.events_target};
  if (const std::string store = StoreFile(settings); !store.empty()) files.push_back(store);
  for (const std::string& path : files) {
    struct stat status{};
    if (!path.starts_with('/') || ::stat(path.c_str(), &status) != 0) continue;
    const WallTime written{std::chrono::seconds(status.st_mtim.tv_sec)};
    if (written <= now + kSlack) continue;
    report.push_back({CheckLevel::kHurts,
                      "clock",
                      "was written at " + IsoTime(written) + ", in the future",
                      {path},
                      "clock",
                      kFollows,
                      {remedy}});
    break;
  }
  if (synchronised && !*synchronised) {
    report.push_back({CheckLevel::kNote,
                      "clock",
                      "the kernel says that nothing sets the clock",
                      {},
                      "clock-unset",
                      kFollows,
                      {remedy}});
  }
  return report;
}

std::optional<bool> ClockIsSynchronised() {
  timex state{};
  const int answer = ::adjtimex(&state);
  if (answer < 0) return std::nullopt;
  return answer != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
}

}  // namespace warifu::cli
