#include "base/fault.h"

#include "base/names.h"

namespace warifu {
namespace {

constexpr std::pair<FaultCause, std::string_view> kCauses[] = {
    {FaultCause::kEngine, "engine"},
    {FaultCause::kDirectory, "directory"},
    {FaultCause::kStore, "store"},
    {FaultCause::kTimeout, "timeout"},
    {FaultCause::kResources, "resources"},
    {FaultCause::kEventLog, "event-log"},
    {FaultCause::kInternal, "internal"},
    {FaultCause::kEncrypted, "encrypted"},
    {FaultCause::kUnknownCharset, "unknown-charset"},
    {FaultCause::kUndecodable, "undecodable"},
    {FaultCause::kTooLarge, "too-large"},
    {FaultCause::kTooDeep, "too-deep"},
    {FaultCause::kTooManyParts, "too-many-parts"},
    {FaultCause::kMalformed, "malformed"},
    {FaultCause::kUnreadType, "unread-type"},
};
static_assert(std::size(kCauses) == kAllFaultCauses.size());

}  // namespace

std::string_view ToString(FaultCause cause) {
  return NameOf(kCauses, cause);
}
bool FromString(std::string_view word, FaultCause* cause) {
  return ValueOf(kCauses, word, cause);
}
bool IsPassing(FaultCause cause) {
  return cause < FaultCause::kEncrypted;
}

}  // namespace warifu
