// The shipped rules over any text: no fault, findings in their place, and no secret in what is
// told.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/normalise.h"
#include "base/redact.h"
#include "base/utf8.h"
#include "input.h"
#include "scan/pattern_set.h"

namespace {

using namespace warifu;
using fuzz::Require;

const scan::PatternSet& Rules() {
  static const auto set = [] {
    scan::LoadOptions options;
    options.sources = {{WARIFU_SOURCE_DIR "/patterns", false}};
    auto loaded = scan::Load(options);
    Require(loaded.has_value(), "the shipped rules do not load");
    return *loaded;
  }();
  return *set;
}

bool Inside(Span inner, Span outer) {
  return inner.begin >= outer.begin && inner.end <= outer.end && inner.begin <= inner.end;
}

void CheckFinding(const Finding& finding, const Segment& segment, std::string_view input) {
  const Span whole{0, segment.text.size()};
  Require(Inside(finding.match, whole) && Inside(finding.secret, finding.match),
          "a finding lies outside");
  Require(Inside(finding.content, {0, input.size()}), "a finding lies outside of the input");
  const std::string secret = segment.text.substr(finding.secret.begin, finding.secret.size());
  Require(!secret.empty() && IsUtf8(secret), "a secret that is none");
  Require(finding.preview == Preview(secret), "a preview of its own making");
  Require(!finding.preview.contains(secret), "the preview tells the secret");
  Require(finding.fingerprint.size() == 16, "no fingerprint");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const FingerprintKey key = FingerprintKey::Random();
  const RepairedUtf8 input = RepairUtf8(fuzz::Text(data, size));
  Segment segment;
  segment.part = "1";
  Normalised normal = Normalise(input.text);
  segment.text = std::move(normal.text);
  segment.maps = std::move(normal.maps);
  segment.regions.push_back({Region::kBody, {0, segment.text.size()}});
  scan::ScanContext context;
  context.key = &key;
  const scan::ScanResult result = Rules().Scan({&segment, 1}, context);
  Require(result.faults.empty(), "a fault");
  for (const Finding& finding : result.findings) CheckFinding(finding, segment, input.text);
  return 0;
}
