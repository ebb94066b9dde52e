#include <algorithm>

#include "mail/message.h"

namespace warifu::mail {
namespace {

// Line ends of a value as the milter protocol hands it over: bare LF in folds, CRLF here.
std::string WithCrLf(std::string_view value) {
  std::string out;
  out.reserve(value.size() + 8);
  char before = 0;
  for (const char c : value) {
    if (c == '\n' && before != '\r') out += '\r';
    out += c;
    before = c;
  }
  return out;
}

}  // namespace

bool MessageBuffer::Fits(std::size_t more, std::size_t limit) {
  if (raw_.size() <= limit && more <= limit - raw_.size()) return true;
  truncated_ = true;
  return false;
}

void MessageBuffer::AddHeader(std::string_view name, std::string_view value, bool leading_space) {
  std::string field(name);
  field += leading_space ? ":" : ": ";
  field += WithCrLf(value);
  field += "\r\n";
  if (Fits(field.size(), std::min(limits_.header_bytes, limits_.message_bytes))) {
    raw_ += field;
  } else {
    head_truncated_ = true;
  }
}

// The empty line is kept even at the limit: without it the body would read as head.
void MessageBuffer::EndHeaders() {
  raw_ += "\r\n";
  body_begin_ = raw_.size();
}

void MessageBuffer::AddBody(std::string_view chunk) {
  if (Fits(chunk.size(), limits_.message_bytes)) {
    raw_ += chunk;
  } else if (raw_.size() < limits_.message_bytes) {
    raw_ += chunk.substr(0, limits_.message_bytes - raw_.size());
  }
}

void MessageBuffer::Clear() {
  raw_.clear();
  raw_.shrink_to_fit();
  body_begin_ = 0;
  truncated_ = false;
  head_truncated_ = false;
}

}  // namespace warifu::mail
