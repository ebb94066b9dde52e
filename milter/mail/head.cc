#include "mail/head.h"

#include <algorithm>

#include "mail/ascii.h"

namespace warifu::mail {
namespace {

// Length of the field name at the begin of `line`, 0 when the line is no field.
std::size_t NameSize(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return 0;
  std::size_t size = colon;
  while (size > 0 && IsBlank(line[size - 1])) --size;
  const auto in_name = [](char c) { return c > 0x20 && c < 0x7F; };
  return std::ranges::all_of(line.substr(0, size), in_name) ? size : 0;
}

std::string_view WithoutLineEnd(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

// A delimiter of the multipart that this very head declares: its empty line was forgotten.
bool IsOwnBoundary(const Head& head, std::string_view line) {
  const RawField* type = head.Find("Content-Type");
  const std::string_view boundary = Trim(line.substr(std::min<std::size_t>(2, line.size())));
  return type != nullptr && line.starts_with("--") && !boundary.empty() &&
         type->body.find(boundary) != std::string_view::npos;
}

}  // namespace

const RawField* Head::Find(std::string_view name) const {
  const auto it =
      std::ranges::find_if(fields, [&](const RawField& f) { return EqualNoCase(f.name, name); });
  return it == fields.end() ? nullptr : &*it;
}

std::size_t Head::Count(std::string_view name) const {
  return static_cast<std::size_t>(
      std::ranges::count_if(fields, [&](const RawField& f) { return EqualNoCase(f.name, name); }));
}

Head ReadHead(std::string_view raw, std::size_t begin, const Boundaries& boundaries,
              std::size_t max_fields) {
  Head head;
  Delimiter delimiter;
  std::size_t pos = begin;
  bool in_field = false;  // the next continuation line belongs to the last field
  while (pos < raw.size() && !boundaries.At(pos, &delimiter)) {
    const std::size_t newline = raw.find('\n', pos);
    const std::size_t next = newline == std::string_view::npos ? raw.size() : newline + 1;
    const std::string_view whole = raw.substr(pos, next - pos);
    const std::string_view line = WithoutLineEnd(whole);
    if (line.empty()) {
      pos = next;
      break;
    }
    if (line.find('\0') != std::string_view::npos) head.has_nul = true;
    if (line.find('\r') != std::string_view::npos) head.has_bare_cr = true;
    if (IsBlank(line[0]) && in_field) {
      std::string_view& body = head.fields.back().body;
      const auto offset = static_cast<std::size_t>(body.data() - raw.data());
      body = raw.substr(offset, pos + line.size() - offset);
    } else if (const std::size_t name_size = NameSize(line); name_size > 0) {
      in_field = head.fields.size() < max_fields;
      head.too_many_fields = !in_field;
      if (in_field) {
        head.fields.push_back({line.substr(0, name_size), line.substr(line.find(':') + 1)});
      }
    } else if (const bool mbox =
                   pos == begin && (line.starts_with("From ") || line.starts_with(">From "));
               !mbox && head.junk.empty() && !head.too_many_fields) {
      if (IsOwnBoundary(head, line)) break;
      in_field = false;
      head.junk = {pos, raw.size()};
    }
    pos = next;
  }
  head.body_begin = pos;
  if (head.junk.empty()) return head;
  head.junk.end = pos;
  // No field at all: everybody takes the text for the body.
  head.no_fields = head.fields.empty();
  if (head.no_fields) head.body_begin = head.junk.begin;
  return head;
}

}  // namespace warifu::mail
