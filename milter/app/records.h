// Records: the exact-match indexes that are in force, each mapped, and mapped anew when its file is
// replaced.
//
// Scan() looks once a second whether a file was renamed over one of the paths; the one mail that
// comes then maps the new index, the others go on with the old one. No reload is needed, and none
// drops mail.
//
// Guarantees: "could not tell" is a fault: where the file at the path cannot be used (damaged, of
// another key, not trusted, gone), the old index stays in use and each mail has the fault `engine`
// until the file is mended.
// Threads: safe.
#pragma once

#include <sys/stat.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "app/settings.h"
#include "base/clock.h"
#include "base/error.h"
#include "scan/record_rule.h"

namespace warifu::app {

class Records {
 public:
  // Every error of every index at once; `disabled` ids are left out.
  static std::expected<std::shared_ptr<const Records>, Errors> Open(
      const RecordSettings& settings, const scan::ActionDefaults& actions,
      std::span<const std::string> disabled);

  void Scan(std::span<const Segment> segments, const scan::ScanContext& context, SteadyTime now,
            scan::ScanResult* out) const;

  // Schema ids, and a line a person: "members: 1026000 rows of /var/…/members.idx".
  std::vector<std::string> Ids() const;
  std::vector<std::string> Describe() const;
  bool empty() const { return slots_.empty(); }

 private:
  struct Slot {
    std::string path;
    std::shared_ptr<const scan::RecordRule> rule;
    struct stat seen{};  // of the file that was looked at last
    std::string broken;  // why that file is not used; "" when it is
  };

  Records(RecordSettings settings, const scan::ActionDefaults& actions)
      : settings_(std::move(settings)), actions_(actions) {}
  Result<std::shared_ptr<const scan::RecordRule>> Map(const std::string& path) const;
  void LookAgain(SteadyTime now) const;

  const RecordSettings settings_;
  const scan::ActionDefaults actions_;
  mutable std::mutex mapping_;  // one thread maps
  mutable std::mutex mutex_;    // guards slots_, for no longer than a copy takes
  mutable std::vector<Slot> slots_;
  mutable std::atomic<SteadyTime::rep> next_look_{0};
};

}  // namespace warifu::app
