#include "base/check_result.h"

#include "base/names.h"

namespace warifu {
namespace {

constexpr std::pair<Check, std::string_view> kChecks[] = {
    {Check::kSession, "session"}, {Check::kSender, "sender"},   {Check::kAuthor, "author"},
    {Check::kDisplay, "display"}, {Check::kLock, "lock"},       {Check::kPin, "pin"},
    {Check::kSpoof, "spoof"},     {Check::kNotice, "notice"},   {Check::kFlow, "flow"},
    {Check::kFanIn, "fan-in"},    {Check::kBreaker, "breaker"},
};
constexpr std::pair<Outcome, std::string_view> kOutcomes[] = {
    {Outcome::kPass, "pass"},
    {Outcome::kFail, "fail"},
    {Outcome::kMalformed, "malformed"},
    {Outcome::kUnavailable, "unavailable"},
    {Outcome::kNotApplicable, "not-applicable"},
};

static_assert(std::size(kChecks) == kCheckCount && std::size(kOutcomes) == kOutcomeCount);

}  // namespace

std::string_view ToString(Check check) {
  return NameOf(kChecks, check);
}
std::string_view ToString(Outcome outcome) {
  return NameOf(kOutcomes, outcome);
}
std::vector<Check> AllChecks() {
  std::vector<Check> out;
  for (const auto& [check, word] : kChecks) out.push_back(check);
  return out;
}
bool FromString(std::string_view word, Check* check) {
  return ValueOf(kChecks, word, check);
}

}  // namespace warifu
