// Rule files: any bytes load or are refused with errors; what loads scans a text without a fault.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "scan/pattern_set.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace warifu;
  static const std::string path = "/tmp/warifu-rule-fuzz." + std::to_string(getpid()) + ".toml";
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) std::abort();
  std::fwrite(data, 1, size, file);
  std::fclose(file);
  scan::LoadOptions options;
  options.sources = {{path, size % 2 == 0}};
  const auto set = scan::Load(options);
  if (!set) {
    if (set.error().empty()) std::abort();
    return 0;
  }
  Segment segment;
  segment.part = "1";
  segment.text = "パスワード:Xk29vmQ1\n1234567,taro,Nk3wq81z,5/23/1998 10:00:00\n";
  segment.regions.push_back({Region::kBody, {0, segment.text.size()}});
  if (!(*set)->Scan({&segment, 1}, {}).faults.empty()) std::abort();
  return 0;
}
