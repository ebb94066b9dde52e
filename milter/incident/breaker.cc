#include "incident/breaker.h"

#include <algorithm>
#include <optional>

#include "base/names.h"

namespace warifu::incident {
namespace {

constexpr NameTable<Scope, 3> kScopes = {
    {Scope::kAccount, "account"}, {Scope::kDomain, "domain"}, {Scope::kAll, "all"}};

// Who did it, in history rows.
constexpr std::string_view kWho = "warifu";

struct Count {
  Scope scope;
  std::string name;
  std::string_view counted;  // distinct ones of these
  std::uint64_t threshold;
};

std::vector<Count> CountsOf(const BreakerOptions& options, const Alarm& alarm) {
  std::vector<Count> counts;
  if (!alarm.account.empty()) {
    counts.push_back(
        {Scope::kAccount, "account:" + alarm.account, alarm.mark, options.account_alarms});
    if (!alarm.domain.empty()) {
      counts.push_back(
          {Scope::kDomain, "domain:" + alarm.domain, alarm.account, options.domain_accounts});
    }
    counts.push_back({Scope::kAll, "all", alarm.account, options.all_accounts});
  }
  return counts;
}

std::string ReasonOf(const Count& count, std::uint64_t seen, const BreakerOptions& options,
                     const Alarm& alarm) {
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(options.window).count();
  // More than one beyond the threshold are not counted.
  const std::string many = seen > count.threshold ? "more than " + std::to_string(count.threshold)
                                                  : std::to_string(seen);
  return many + (count.scope == Scope::kAccount ? " alarms" : " accounts with alarms") + " in " +
         std::to_string(minutes) + " minutes; the last: " + alarm.what + " of " + alarm.account;
}

Result<std::optional<Tripped>> Trip(store::Store& store, const BreakerOptions& options,
                                    const Alarm& alarm, const Count& count,
                                    const store::AlarmCount& alarms) {
  const std::uint64_t seen = alarms.accounts;
  Tripped tripped{
      .scope = count.name, .opened = false, .reason = ReasonOf(count, seen, options, alarm)};
  if (!options.acts_on.contains(count.scope)) {
    // Reported once, when the threshold is met.
    const bool met = seen == count.threshold && alarms.added;
    return met ? std::optional(tripped) : std::nullopt;
  }
  store::Breaker breaker;
  breaker.scope = count.name;
  breaker.opened = alarm.at;
  if (options.open_for > std::chrono::seconds(0)) breaker.until = alarm.at + options.open_for;
  breaker.reason = tripped.reason;
  breaker.reference = alarm.reference;
  breaker.by = kWho;
  const store::Act act{std::string(kWho), alarm.at, alarm.reference, tripped.reason};
  const Result<bool> opened = store.OpenBreaker(breaker, act);
  if (!opened) return std::unexpected(opened.error());
  tripped.opened = *opened;
  return *opened ? std::optional(tripped) : std::nullopt;
}

}  // namespace

std::string_view ToString(Scope scope) {
  return NameOf(kScopes, scope);
}

bool FromString(std::string_view word, Scope* scope) {
  return ValueOf(kScopes, word, scope);
}

Result<std::vector<Tripped>> RaiseAlarm(store::Store& store, const BreakerOptions& options,
                                        const Alarm& alarm) {
  std::vector<Tripped> out;
  for (const Count& count : CountsOf(options, alarm)) {
    const Result<store::AlarmCount> alarms = store.AddAlarm(
        count.name, count.counted, alarm.at, alarm.at - options.window, count.threshold + 1);
    if (!alarms) return std::unexpected(alarms.error());
    if (alarms->accounts < count.threshold) continue;
    auto tripped = Trip(store, options, alarm, count, *alarms);
    if (!tripped) return std::unexpected(tripped.error());
    if (*tripped) out.push_back(**std::move(tripped));
  }
  return out;
}

const store::Breaker* Stopping(std::span<const store::Breaker> open, std::string_view account,
                               std::string_view domain) {
  const auto names = [](std::string_view scope, std::string_view kind, std::string_view name) {
    return !name.empty() && scope.starts_with(kind) && scope.substr(kind.size()) == name;
  };
  const auto it = std::ranges::find_if(open, [&](const store::Breaker& breaker) {
    return breaker.scope == "all" || names(breaker.scope, "account:", account) ||
           names(breaker.scope, "domain:", domain);
  });
  return it == open.end() ? nullptr : &*it;
}

}  // namespace warifu::incident
