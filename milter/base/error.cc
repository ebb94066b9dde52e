#include "base/error.h"

namespace warifu {

std::string Error::ToString() const {
  std::string out;
  if (!place.file.empty()) {
    out += place.file;
    if (place.line > 0) {
      out += ':' + std::to_string(place.line);
      if (place.column > 0) out += ':' + std::to_string(place.column);
    }
    out += ": ";
  }
  return out + text;
}

}  // namespace warifu
