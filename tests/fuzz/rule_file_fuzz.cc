// Rule files: any bytes load or are refused with errors; what loads scans a text without a fault.
#include <cstddef>
#include <cstdint>

#include "input.h"
#include "scan/pattern_set.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warifu;
  static fuzz::InputFile file(".toml");
  scan::LoadOptions options;
  options.sources = {{file.Write(fuzz::Text(data, size)), size % 2 == 0}};
  const auto set = scan::Load(options);
  if (!set) {
    fuzz::Require(!set.error().empty(), "refused without an error");
    return 0;
  }
  Segment segment;
  segment.part = "1";
  segment.text = "パスワード:Xk29vmQ1\n1234567,taro,Nk3wq81z,5/23/1998 10:00:00\n";
  segment.regions.push_back({Region::kBody, {0, segment.text.size()}});
  fuzz::Require((*set)->Scan({&segment, 1}, {}).faults.empty(), "a fault");
  return 0;
}
