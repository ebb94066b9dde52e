#include "app/records.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "scan/record_key.h"

namespace warifu::app {
namespace {

constexpr std::chrono::seconds kLookEvery{1};

bool SameFile(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino && a.st_size == b.st_size &&
         a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec &&
         a.st_ctim.tv_sec == b.st_ctim.tv_sec && a.st_ctim.tv_nsec == b.st_ctim.tv_nsec;
}

// All zero where there is no such file.
struct stat StatOf(const std::string& path) {
  struct stat st{};
  if (stat(path.c_str(), &st) != 0) st = {};
  return st;
}

}  // namespace

Result<std::shared_ptr<const scan::RecordRule>> Records::Map(const std::string& path) const {
  const Result<scan::SipKey> key = scan::ReadRecordKey(settings_.key_file);
  if (!key) return std::unexpected(key.error());
  auto index = scan::RecordIndex::Open(path, *key);
  if (!index) return std::unexpected(index.error());
  return std::make_shared<const scan::RecordRule>(*std::move(index), actions_);
}

std::expected<std::shared_ptr<const Records>, Errors> Records::Open(
    const RecordSettings& settings, const scan::ActionDefaults& actions,
    std::span<const std::string> disabled) {
  std::shared_ptr<Records> records(new Records(settings, actions));
  Errors errors;
  std::set<std::string> ids;
  for (const std::string& path : settings.indexes) {
    Slot slot{path, nullptr, StatOf(path), ""};
    auto rule = records->Map(path);
    if (!rule) {
      errors.push_back(rule.error());
      continue;
    }
    const std::string& id = (*rule)->index().schema().id;
    if (!ids.insert(id).second) {
      errors.push_back({ErrorKind::kInvalid, "another index has the id '" + id + "', too", {path}});
      continue;
    }
    if (std::ranges::find(disabled, id) != disabled.end()) continue;
    slot.rule = *std::move(rule);
    records->slots_.push_back(std::move(slot));
  }
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return records;
}

void Records::LookAgain(SteadyTime now) const {
  auto next = next_look_.load(std::memory_order_relaxed);
  if (now.time_since_epoch().count() < next) return;
  const std::unique_lock mapping(mapping_, std::try_to_lock);
  if (!mapping.owns_lock()) return;
  next_look_ = (now + kLookEvery).time_since_epoch().count();
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    std::string path;
    struct stat seen{};
    {
      const std::lock_guard lock(mutex_);
      path = slots_[i].path;
      seen = slots_[i].seen;
    }
    const struct stat st = StatOf(path);
    if (SameFile(st, seen)) continue;
    auto rule = Map(path);
    const std::lock_guard lock(mutex_);
    slots_[i].seen = st;
    if (rule && (*rule)->index().schema().id != slots_[i].rule->index().schema().id) {
      rule = Fail(ErrorKind::kInvalid, "its id has changed, which takes a reload", {path});
    }
    slots_[i].broken = rule ? "" : rule.error().ToString();
    if (rule) slots_[i].rule = *std::move(rule);
  }
}

void Records::Scan(std::span<const Segment> segments, const scan::ScanContext& context,
                   SteadyTime now, scan::ScanResult* out) const {
  if (slots_.empty()) return;
  LookAgain(now);
  std::vector<Slot> slots;
  {
    const std::lock_guard lock(mutex_);
    slots = slots_;
  }
  for (const Slot& slot : slots) {
    slot.rule->Scan(segments, context, out);
    if (slot.broken.empty()) continue;
    out->faults.push_back({FaultCause::kEngine, "",
                           "the new record index is not used, an older one is: " + slot.broken});
  }
}

std::vector<std::string> Records::Ids() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> ids;
  for (const Slot& slot : slots_) ids.push_back(slot.rule->index().schema().id);
  return ids;
}

std::vector<std::string> Records::Describe() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> lines;
  for (const Slot& slot : slots_) {
    const scan::RecordIndex& index = slot.rule->index();
    lines.push_back("records: " + index.schema().id + ": " + std::to_string(index.rows()) +
                    " rows in " + slot.path);
  }
  return lines;
}

}  // namespace warifu::app
