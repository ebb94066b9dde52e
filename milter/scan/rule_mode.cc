#include "scan/rule_mode.h"

#include <cstdlib>
#include <string>

namespace warifu::scan {
namespace {

// Where `sample` puts a mail: a number in [0, 1) that its sender cannot choose.
double SampleOf(const ScanContext& context) {
  if (context.key == nullptr) return 0;
  const std::string hex = context.key->Fingerprint(context.message_id);
  return static_cast<double>(std::strtoull(hex.substr(0, 13).c_str(), nullptr, 16)) /
         static_cast<double>(1ull << 52);
}

}  // namespace

Mode ModeOf(const RuleInfo& info, const ScanContext& context) {
  if (info.mode == Mode::kObserve) return Mode::kObserve;
  if (info.until && context.now >= *info.until) return Mode::kObserve;
  if (info.sample >= 1) return Mode::kEnforce;
  return SampleOf(context) < info.sample ? Mode::kEnforce : Mode::kObserve;
}

}  // namespace warifu::scan
