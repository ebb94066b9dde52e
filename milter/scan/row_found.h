// FoundRow: a row of a table as the readers of rows tell it. A plain value.
#pragma once

#include <cstdint>

#include "base/offset_map.h"

namespace warifu::scan {

struct FoundRow {
  std::uint32_t rule = 0;
  Span match, secret, account;
  bool named = false;       // its columns were named by a heading or by keys
  std::uint32_t table = 0;  // rows of one number stand together; 0: by itself
};

}  // namespace warifu::scan
