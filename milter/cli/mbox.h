// Mbox: one file of many mails, split as it streams by.
//
// A message begins at a line "From …" that carries a time of day (hh:mm) and stands at the start or
// behind an empty line. Quoted ">From " lines lose one '>' (mboxrd; mboxo's only form is the same),
// the empty line before the next message is cut, LF and CRLF pass as they are. Content-Length is
// not believed (mboxcl): it often lies, and a lie would hide mail.
//
// Guarantees: memory is bounded by `max_bytes` a message; a longer one is cut there (one byte above
// the limit is kept, so that the reader sees that it is too large) and the rest skipped.
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace warifu::cli {

class MboxSplitter {
 public:
  // `sink` takes each message, without its "From " line; false: no more wanted.
  using Sink = std::function<bool(std::string message)>;
  MboxSplitter(std::size_t max_bytes, Sink sink) : max_bytes_(max_bytes), sink_(std::move(sink)) {}

  // Both return false once the sink wants no more.
  bool Push(std::string_view chunk);
  bool Finish();

  static bool IsSeparator(std::string_view line);

 private:
  bool Line(std::string_view piece, bool whole);
  bool Deliver();

  const std::size_t max_bytes_;
  const Sink sink_;
  std::string pending_;  // a line not yet whole
  std::string message_;
  bool started_ = false;     // the first separator was seen
  bool line_begins_ = true;  // the next piece begins a line
  bool after_empty_ = true;  // behind an empty line, or at the start
};

}  // namespace warifu::cli
