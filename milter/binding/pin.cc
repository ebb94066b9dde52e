#include "binding/pin.h"

#include <algorithm>
#include <ctime>
#include <utility>

#include "base/names.h"

namespace warifu::binding {
namespace {

constexpr NameTable<PinCase, 12> kCases = {
    {PinCase::kNotBound, "not-bound"},  {PinCase::kReleased, "released"},
    {PinCase::kByDomain, "by-domain"},  {PinCase::kNew, "new"},
    {PinCase::kSame, "same"},           {PinCase::kDiffers, "differs"},
    {PinCase::kExplained, "explained"}, {PinCase::kRecycled, "recycled"},
    {PinCase::kSwapped, "swapped"},     {PinCase::kDisputed, "disputed"},
    {PinCase::kStale, "stale"},         {PinCase::kUnknown, "unknown"},
};

std::string Joined(const store::Accounts& accounts) {
  std::string out;
  for (const std::string& account : accounts) {
    if (out.size() > 500) return out + ",…";
    out.append(out.empty() ? "" : ",").append(account);
  }
  return out.empty() ? "nobody" : out;
}

// "2026-01-31 23:59 UTC"
std::string At(WallTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(
      std::chrono::time_point_cast<std::chrono::system_clock::duration>(time));
  std::tm utc{};
  ::gmtime_r(&seconds, &utc);
  char text[32];
  return {text, std::strftime(text, sizeof text, "%F %H:%M UTC", &utc)};
}

std::string_view By(store::DisputeKind kind) {
  switch (kind) {
    case store::DisputeKind::kPin:
      return "directory and ledger disagree";
    case store::DisputeKind::kNotice:
      return "a notice went to the wrong address";
    case store::DisputeKind::kFlow:
      return "the notices of one flow name several accounts";
    case store::DisputeKind::kPerson:
      return "marked by a person";
  }
  return "?";
}

PinAnswer Said(PinCase which, Outcome outcome, std::string reason = {}) {
  PinAnswer answer;
  answer.which = which;
  answer.outcome = outcome;
  answer.reason = std::move(reason);
  return answer;
}

PinAnswer Disputed(const store::AddressRecord& record) {
  const store::Dispute& dispute = *record.dispute;
  std::string reason = "disputed since " + At(dispute.since) + ": " + std::string(By(dispute.kind));
  if (!dispute.detail.empty()) reason += " (" + dispute.detail + ")";
  PinAnswer answer = Said(PinCase::kDisputed, Outcome::kFail, std::move(reason));
  answer.before = record.Owners();
  return answer;
}

// Without a directory that answers.
PinAnswer WithoutDirectory(const Owners& directory, const store::AddressRecord& record) {
  if (record.dispute) return Disputed(record);
  if (directory.stale) return Said(PinCase::kStale, Outcome::kPass, "the ledger answers");
  return Said(PinCase::kUnknown, Outcome::kUnavailable,
              "its owner could not be looked up: " + directory.detail);
}

PinAnswer NotInDirectory(const store::AddressRecord& record) {
  if (record.dispute) return Disputed(record);
  if (record.proven.empty()) return Said(PinCase::kNotBound, Outcome::kPass);
  PinAnswer answer =
      Said(PinCase::kReleased, Outcome::kPass,
           "proven is " + Joined(record.Owners()) + ", the directory has it no more");
  answer.before = record.Owners();
  if (!record.released) answer.write = PinWrite::kMarkReleased;
  return answer;
}

// An address that nobody has proven to be his, or not for a long time.
PinAnswer Unproven(PinAnswer answer, const Owners& directory, const PinOptions& options) {
  answer.after = directory.accounts;
  if (options.first_use) {
    answer.lesson = answer.which == PinCase::kNew ? PinLesson::kEnrol : PinLesson::kMove;
  } else if (options.unproven != Action::kAccept) {
    answer.outcome = Outcome::kFail;
    answer.at_most = options.unproven;
    answer.reason = "its owner has not been proven: it was never imported";
  }
  return answer;
}

PinAnswer Agreed(const Owners& directory, const store::AddressRecord& record) {
  PinAnswer answer = Said(PinCase::kSame, Outcome::kPass);
  answer.before = record.Owners();
  if (answer.before != directory.accounts) {
    answer.which = PinCase::kDiffers;
    if (!directory.by_domain) {
      answer.lesson = PinLesson::kMove;
      answer.after = directory.accounts;
    }
  }
  if (record.dispute) {
    answer.write = PinWrite::kEndDispute;
    answer.lesson = PinLesson::kNothing;
  } else if (record.released) {
    answer.write = PinWrite::kClearReleased;
  }
  return answer;
}

// The first announced change that leads from the ledger to the directory.
const store::Change* Explaining(const PinFacts& facts, const store::Accounts& proven) {
  const auto among = [](const store::Accounts& accounts, const std::string& account) {
    return std::ranges::find(accounts, account) != accounts.end();
  };
  const store::Change* first = nullptr;
  for (const store::Change& change : facts.changes) {
    const bool fits = change.state == store::ChangeState::kOpen && !change.to.empty() &&
                      among(facts.directory.accounts, change.to) &&
                      (change.from.empty() || among(proven, change.from));
    if (fits && (first == nullptr || change.id < first->id)) first = &change;
  }
  return first;
}

PinAnswer Disjoint(const PinFacts& facts, const PinOptions& options, WallTime now) {
  const store::AddressRecord& record = facts.record;
  const store::Accounts proven = record.Owners();
  std::string reason =
      "directory says " + Joined(facts.directory.accounts) + ", proven is " + Joined(proven);
  if (const store::Change* change = Explaining(facts, proven)) {
    PinAnswer answer = Said(PinCase::kExplained, Outcome::kPass,
                            std::move(reason) + "; announced as " + change->reference);
    answer.write = PinWrite::kMove;
    answer.before = proven;
    answer.after = {change->to};
    answer.change = change->id;
    return answer;
  }
  if (record.dispute) return Disputed(record);
  if (record.released && !facts.directory.by_domain && now - *record.released >= options.cool_off) {
    PinAnswer answer = Said(PinCase::kRecycled, Outcome::kPass);
    answer.before = proven;
    return Unproven(std::move(answer), facts.directory, options);
  }
  if (record.released) reason += "; released since " + At(*record.released) + ", in its cool-off";
  PinAnswer answer = Said(PinCase::kSwapped, Outcome::kFail, std::move(reason));
  answer.write = PinWrite::kDispute;
  answer.before = proven;
  answer.after = facts.directory.accounts;
  return answer;
}

}  // namespace

std::string_view ToString(PinCase which) {
  return NameOf(kCases, which);
}

bool ShareAnOwner(const store::Accounts& a, const store::Accounts& b) {
  return std::ranges::find_first_of(a, b) != a.end();
}

bool NeedsChanges(const Owners& directory, const store::AddressRecord& record) {
  return directory.status == Lookup::kFound && !directory.stale && !record.proven.empty() &&
         !ShareAnOwner(directory.accounts, record.Owners());
}

PinAnswer JudgePin(const PinFacts& facts, const PinOptions& options, WallTime now) {
  const Owners& directory = facts.directory;
  const store::AddressRecord& record = facts.record;
  // Only a person ends these.
  if (record.dispute && record.dispute->kind != store::DisputeKind::kPin) {
    return Disputed(record);
  }
  if (directory.stale || directory.status == Lookup::kTryLater ||
      directory.status == Lookup::kMisconfigured) {
    return WithoutDirectory(directory, record);
  }
  if (directory.status == Lookup::kNotFound) return NotInDirectory(record);
  if (record.proven.empty()) {
    if (record.dispute) return Disputed(record);
    if (directory.by_domain) return Said(PinCase::kByDomain, Outcome::kPass);
    return Unproven(Said(PinCase::kNew, Outcome::kPass), directory, options);
  }
  if (ShareAnOwner(directory.accounts, record.Owners())) return Agreed(directory, record);
  return Disjoint(facts, options, now);
}

}  // namespace warifu::binding
