#include "base/finding.h"

#include "base/names.h"

namespace warifu {
namespace {

constexpr std::pair<Ownership, std::string_view> kNames[] = {
    {Ownership::kUnknown, "unknown"},
    {Ownership::kOnlyRecipient, "only-recipient"},
    {Ownership::kSelfDisclosure, "self-disclosure"},
    {Ownership::kStranger, "stranger"},
};

}  // namespace

std::string_view ToString(Ownership ownership) {
  return NameOf(kNames, ownership);
}

}  // namespace warifu
