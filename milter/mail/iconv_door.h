// Iconv: the one door to the C library's converters.
//
// A Converter owns one iconv descriptor. Labels of mails reach iconv only when they look like a
// charset's name, so that no "//TRANSLIT" or path comes through.
//
// Threads: a Converter belongs to one thread.
#pragma once

#include <iconv.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace warifu::mail {

class Converter {
 public:
  Converter(std::string_view to, std::string_view from);
  ~Converter();
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;

  // False when iconv knows no such pair.
  bool ok() const { return handle_ != kNone; }

  enum class Outcome { kDone, kInvalid, kIncomplete, kFull };
  struct Step {
    Outcome outcome = Outcome::kDone;
    std::size_t consumed = 0;
    std::size_t produced = 0;
  };
  // Converts as much of `in` as fits into `out`. `flush` ends the text: pending characters and
  // shifts back to the initial state are written.
  Step Convert(std::string_view in, char* out, std::size_t room, bool flush);
  // Forgets the shift state.
  void Reset();

 private:
  // POSIX says "(iconv_t)-1". NOLINTNEXTLINE(performance-no-int-to-ptr)
  static inline const iconv_t kNone = reinterpret_cast<iconv_t>(-1);
  iconv_t handle_ = kNone;
};

// True for words of letters, digits and "-_.:" of at most 40 characters that name no form of text
// that only exists inside of the C library.
bool IsCharsetName(std::string_view label);

}  // namespace warifu::mail
