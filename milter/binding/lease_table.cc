// Leases in a text file, in memory until another file takes its name.
#include <sys/stat.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <system_error>
#include <tuple>
#include <utility>

#include "base/address.h"
#include "binding/lease.h"
#include "binding/table_lines.h"

namespace warifu::binding {
namespace {

constexpr std::size_t kMaxErrors = 100;

// "2026-11-22T08:00:00Z" or seconds since 1970.
std::optional<WallTime> ReadTime(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.begin(), text.end(), seconds);
  if (error == std::errc() && end == text.end() && seconds < 100'000'000'000) {
    return WallTime(std::chrono::seconds(seconds));
  }
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0, used = 0;
  const std::string copy(text);
  if (std::sscanf(copy.c_str(), "%4d-%2d-%2dT%2d:%2d:%2dZ%n", &year, &month, &day, &hour, &minute,
                  &second, &used) != 6 ||
      used != static_cast<int>(text.size())) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  const auto within = [](int value, int end_of_range) {
    return value >= 0 && value < end_of_range;
  };
  if (!date.ok() || !within(hour, 24) || !within(minute, 60) || !within(second, 61)) {
    return std::nullopt;
  }
  return WallTime(std::chrono::sys_days(date) + std::chrono::hours(hour) +
                  std::chrono::minutes(minute) + std::chrono::seconds(second));
}

struct TableRow {
  std::string account;
  std::optional<WallTime> updated;  // none: never stale
};

// Rows by the length of their network, and its bits.
class LeaseIndex {
 public:
  void Add(const Network& network, TableRow row) {
    by_length_[network.length].emplace(network.bits, std::move(row));
  }

  std::vector<LeaseRow> Find(const NetworkBits& client, WallTime now) const {
    std::vector<LeaseRow> out;
    for (const auto& [length, rows] : by_length_) {
      const auto [begin, end] = rows.equal_range(Masked(client, length));
      for (auto it = begin; it != end; ++it) {
        out.push_back({it->second.account, it->second.updated.value_or(now)});
      }
    }
    return out;
  }

 private:
  std::map<int, std::multimap<NetworkBits, TableRow>> by_length_;
};

using IndexPtr = std::shared_ptr<const LeaseIndex>;

std::expected<IndexPtr, Errors> ReadTable(const std::string& path, std::string_view text) {
  auto index = std::make_shared<LeaseIndex>();
  Errors errors;
  const auto complain = [&](int line, std::string why) {
    if (errors.size() < kMaxErrors) {
      errors.push_back({ErrorKind::kInvalid, std::move(why), {path, line}});
    }
  };
  ForEachTableLine(text, [&](const TableLine& line) {
    if (!line.error.empty()) return complain(line.line, line.error);
    const Result<Network> network = ParseNetwork(line.key);
    if (!network) return complain(line.line, network.error().text);
    const std::size_t end = std::min(line.value.find_first_of(" \t"), line.value.size());
    TableRow row{CanonicalAccount(line.value.substr(0, end)), std::nullopt};
    const std::size_t at = line.value.find_first_not_of(" \t", end);
    if (at != std::string_view::npos) {
      row.updated = ReadTime(line.value.substr(at));
      if (!row.updated) {
        return complain(line.line, "the last update is neither 2026-11-22T08:00:00Z nor seconds");
      }
    }
    index->Add(*network, std::move(row));
  });
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return index;
}

class LeaseTable final : public Leases {
 public:
  explicit LeaseTable(const LeaseOptions& options) : options_(options) {}

  LeaseAnswer AccountOf(std::string_view client_address, WallTime now) const override {
    const std::optional<NetworkBits> bits = ParseClient(client_address);
    if (!bits || FindNetwork(options_.carrier_nat, client_address) != nullptr) return {};
    const auto index = Current();
    if (!index) {
      return {.status = Leased::kMisconfigured, .detail = index.error()[0].ToString()};
    }
    return JudgeLeases((*index)->Find(*bits, now), now, options_.stale_after);
  }

  Result<void> Probe() const override {
    if (const auto index = Current(); !index) return std::unexpected(index.error()[0]);
    return {};
  }

  // Read anew when another file has the name, or this one has been written to.
  std::expected<IndexPtr, Errors> Current() const {
    struct stat status{};
    if (::stat(options_.table.c_str(), &status) != 0) {
      return std::unexpected(
          Errors{{ErrorKind::kNotFound, std::generic_category().message(errno), {options_.table}}});
    }
    const Seen seen{status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec};
    const std::lock_guard lock(mutex_);
    if (index_.has_value() && *index_ != nullptr && seen == seen_) return index_;
    const Result<std::string> text = ReadTableFile(options_.table);
    if (!text) return std::unexpected(Errors{text.error()});
    index_ = ReadTable(options_.table, *text);
    seen_ = seen;
    return index_;
  }

 private:
  using Seen = std::tuple<ino_t, off_t, time_t, long>;

  const LeaseOptions options_;
  mutable std::mutex mutex_;  // guards what follows
  mutable std::expected<IndexPtr, Errors> index_;
  mutable Seen seen_;
};

}  // namespace

std::expected<std::unique_ptr<const Leases>, Errors> OpenLeaseTable(const LeaseOptions& options) {
  auto table = std::make_unique<LeaseTable>(options);
  if (const auto read = table->Current(); !read) return std::unexpected(read.error());
  return table;
}

}  // namespace warifu::binding
