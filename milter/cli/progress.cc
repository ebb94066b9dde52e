#include "cli/progress.h"

#include <algorithm>
#include <ostream>

namespace warifu::cli {

Progress::Progress(Terminal& terminal, std::uint64_t total) : terminal_(terminal), total_(total) {}

Progress::~Progress() {
  if (shown_) terminal_.err << "\r\x1b[K" << std::flush;
}

void Progress::Show(const std::string& doing, std::uint64_t done) {
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_.progress || now < next_) return;
  next_ = now + std::chrono::milliseconds(200);
  const double seconds = std::chrono::duration<double>(now - begin_).count();
  std::string line = doing;
  if (total_ > 0) {
    constexpr std::uint64_t kWidth = 30;
    const std::uint64_t filled = std::min(kWidth, done * kWidth / total_);
    line += "  [" + std::string(filled, '#') + std::string(kWidth - filled, '-') + "]  " +
            std::to_string(std::min<std::uint64_t>(100, done * 100 / total_)) + " %";
  }
  line += "  " + std::to_string(done) + "  " +
          std::to_string(static_cast<std::uint64_t>(static_cast<double>(done) / seconds)) + "/s";
  const std::size_t room = static_cast<std::size_t>(std::max(terminal_.columns, 2)) - 1;
  if (line.size() > room) line.resize(room);
  terminal_.err << '\r' << line << "\x1b[K" << std::flush;
  shown_ = true;
}

}  // namespace warifu::cli
