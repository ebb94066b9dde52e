#include "scan/regex_plain.h"

#include <algorithm>
#include <vector>

namespace warifu::scan {
namespace {

bool IsBlank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

class Plain {
 public:
  explicit Plain(std::string_view pattern) : in_(pattern) {}

  std::string Run() {
    while (at_ < in_.size()) Step();
    return std::move(out_);
  }

 private:
  bool Next(std::string_view text) const { return in_.substr(at_).starts_with(text); }
  void Copy(std::size_t count) {
    out_ += in_.substr(at_, count);
    at_ = std::min(in_.size(), at_ + count);
  }

  void Step() {
    const char c = in_[at_];
    if (c == '\\') return Escape();
    if (c == '[') return Class();
    if (c == '(') return Open();
    if (c == ')') return Close();
    if (verbose_ && IsBlank(c)) {
      ++at_;
    } else if (verbose_ && c == '#') {
      at_ = std::min(in_.find('\n', at_), in_.size());
    } else {
      Copy(1);
    }
  }

  void Escape() {
    if (Next("\\Q")) {
      const std::size_t end = in_.find("\\E", at_);
      return Copy(end == in_.npos ? in_.size() - at_ : end + 2 - at_);
    }
    if (Next("\\\n")) {
      out_ += "\\n";
      at_ += 2;
      return;
    }
    Copy(2);
  }

  // As it stands: white space in a class is white space. A ']' at its head is a character, and so
  // is what an escape or a name as [:alpha:] holds.
  void Class() {
    Copy(1);
    if (Next("^")) Copy(1);
    if (Next("]")) Copy(1);
    while (at_ < in_.size() && in_[at_] != ']') {
      const std::size_t named = Next("[:") ? in_.find(":]", at_ + 2) : in_.npos;
      if (named != in_.npos) {
        Copy(named + 2 - at_);
      } else {
        Copy(in_[at_] == '\\' ? 2 : 1);
      }
    }
    Copy(1);
  }

  void Open() {
    if (Next("(?#")) {
      at_ = std::min(in_.find(')', at_), in_.size() - 1) + 1;
      return;
    }
    const bool lookbehind = Next("(?<=") || Next("(?<!");
    if (Next("(?<") && !lookbehind) {
      out_ += "(?P<";
      at_ += 3;
      outer_.push_back(verbose_);
      return;
    }
    if (Next("(?") && Flags()) return;
    outer_.push_back(verbose_);
    Copy(1);
  }

  // (?flags) or (?flags:…), with the x among them taken out. False where it is neither.
  bool Flags() {
    std::size_t end = at_ + 2;
    while (end < in_.size() &&
           (std::isalpha(static_cast<unsigned char>(in_[end])) != 0 || in_[end] == '-')) {
      ++end;
    }
    if (end >= in_.size() || (in_[end] != ')' && in_[end] != ':')) return false;
    std::string on, off;
    bool verbose = verbose_, negated = false;
    for (const char c : in_.substr(at_ + 2, end - at_ - 2)) {
      if (c == '-') {
        negated = true;
      } else if (c == 'x') {
        verbose = !negated;
      } else {
        (negated ? off : on) += c;
      }
    }
    const std::string flags = on + (off.empty() ? "" : "-" + off);
    at_ = end + 1;
    if (in_[end] == ':') {
      outer_.push_back(verbose_);
      out_ += "(?" + flags + ":";
    } else if (!flags.empty()) {
      out_ += "(?" + flags + ")";
    }
    verbose_ = verbose;
    return true;
  }

  void Close() {
    Copy(1);
    if (outer_.empty()) return;
    verbose_ = outer_.back();
    outer_.pop_back();
  }

  std::string_view in_;
  std::size_t at_ = 0;
  std::string out_;
  bool verbose_ = false;
  std::vector<bool> outer_;  // whether the text around each open group is verbose
};

}  // namespace

std::string PlainRegex(std::string_view pattern) {
  return Plain(pattern).Run();
}

}  // namespace warifu::scan
