#include "base/action.h"

#include "base/names.h"

namespace warifu {
namespace {

constexpr std::pair<Action, std::string_view> kActions[] = {
    {Action::kAccept, "accept"}, {Action::kTag, "tag"},   {Action::kStrip, "strip"},
    {Action::kRedact, "redact"}, {Action::kHold, "hold"}, {Action::kDefer, "defer"},
    {Action::kReject, "reject"},
};
constexpr std::pair<Severity, std::string_view> kSeverities[] = {
    {Severity::kInfo, "info"}, {Severity::kLow, "low"},           {Severity::kMedium, "medium"},
    {Severity::kHigh, "high"}, {Severity::kCritical, "critical"},
};
constexpr std::pair<Mode, std::string_view> kModes[] = {
    {Mode::kObserve, "observe"},
    {Mode::kEnforce, "enforce"},
};

static_assert(std::size(kActions) == kActionCount && std::size(kSeverities) == kSeverityCount &&
              std::size(kModes) == kModeCount);

}  // namespace

std::string_view ToString(Action action) {
  return NameOf(kActions, action);
}
std::string_view ToString(Severity severity) {
  return NameOf(kSeverities, severity);
}
std::string_view ToString(Mode mode) {
  return NameOf(kModes, mode);
}
bool FromString(std::string_view word, Action* action) {
  return ValueOf(kActions, word, action);
}
bool FromString(std::string_view word, Severity* severity) {
  return ValueOf(kSeverities, word, severity);
}
bool FromString(std::string_view word, Mode* mode) {
  return ValueOf(kModes, word, mode);
}

}  // namespace warifu
