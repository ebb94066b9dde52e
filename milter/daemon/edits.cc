#include "daemon/edits.h"

#include <algorithm>

namespace warifu::daemon {
namespace {

constexpr std::size_t kMaxHoldReason = 95;  // Postfix keeps about 100 bytes

std::string Lower(std::string_view name) {
  std::string out(name);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

// RFC 5322 §2.2: printable ASCII but for the colon.
bool IsFieldName(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c <= '~' && c != ':'; });
}

// Folds become LF, and the leading space is there exactly when the MTA will not add it.
Result<std::string> FieldValue(std::string_view body, bool leading_space) {
  if (body.starts_with(' ')) body.remove_prefix(1);
  std::string out = leading_space ? " " : "";
  for (std::size_t i = 0; i < body.size(); ++i) {
    char c = body[i];
    if (c == '\r' && i + 1 < body.size() && body[i + 1] == '\n') c = body[++i];
    const bool last = i + 1 == body.size();
    if (c == '\r' || c == '\0' ||
        (c == '\n' && (last || (body[i + 1] != ' ' && body[i + 1] != '\t')))) {
      return Fail(ErrorKind::kInternal, "the value would break out of its field");
    }
    out += c;
  }
  return out;
}

std::unexpected<Error> Refused(std::string_view step, std::string_view name = {}) {
  std::string text = "the MTA did not take: " + std::string(step);
  if (!name.empty()) text.append(" ").append(name);
  return Fail(ErrorKind::kTemporary, std::move(text));
}

Result<void> Delete(const std::string& name, const FieldCounts& received, MtaActions& mta) {
  const Result<int> count = received.Of(name);
  if (!count) return std::unexpected(count.error());
  for (int index = *count; index > 0; --index) {
    if (!mta.ChangeHeader(name, index, "")) return Refused("delete field", name);
  }
  return {};
}

// One field in its place. The white space that it begins with is part of what came with the mail.
Result<void> Change(const mail::FieldChange& field, const FieldCounts& received, bool leading_space,
                    MtaActions& mta) {
  const bool blank = field.body.starts_with(' ') || field.body.starts_with('\t');
  const Result<std::string> value = leading_space && blank ? FieldValue(" " + field.body, false)
                                                           : FieldValue(field.body, leading_space);
  if (!value || !IsFieldName(field.name)) return Refused("change field (malformed)");
  const Result<int> count = received.Of(field.name);
  if (!count) return std::unexpected(count.error());
  if (field.occurrence < 1 || field.occurrence > static_cast<std::size_t>(*count)) {
    return Refused("change field (it is not there)");
  }
  if (!mta.ChangeHeader(field.name, static_cast<int>(field.occurrence), *value)) {
    return Refused("change field", field.name);
  }
  return {};
}

Result<void> Add(const mail::HeaderField& field, bool leading_space, MtaActions& mta) {
  const Result<std::string> value = FieldValue(field.body, leading_space);
  if (!value || !IsFieldName(field.name)) return Refused("add field (malformed)");
  if (!mta.AddHeader(field.name, *value)) return Refused("add field", field.name);
  return {};
}

// Never empty, one line of printable ASCII.
std::string HoldReason(std::string_view reason) {
  std::string out(reason.substr(0, kMaxHoldReason));
  for (char& c : out) {
    if (c < ' ' || c > '~') c = '?';
  }
  return out.empty() ? "held by warifu" : out;
}

}  // namespace

void FieldCounts::Add(std::string_view name) {
  const std::string key = Lower(name);
  const auto found = counts_.find(key);
  if (found != counts_.end()) {
    ++found->second;
  } else if (counts_.size() < limit_) {
    counts_.emplace(key, 1);
  } else {
    overflow_ = true;
  }
}

Result<int> FieldCounts::Of(std::string_view name) const {
  const auto found = counts_.find(Lower(name));
  if (found != counts_.end()) return found->second;
  if (overflow_) return Fail(ErrorKind::kInvalid, "too many different head fields to edit one");
  return 0;
}

Result<void> ApplyEdits(const app::EndActions& actions, const FieldCounts& received,
                        bool leading_space, MtaActions& mta) {
  for (const std::string& name : actions.delete_fields) {
    if (const auto done = Delete(name, received, mta); !done) return done;
  }
  for (const mail::FieldChange& field : actions.change_fields) {
    if (const auto done = Change(field, received, leading_space, mta); !done) return done;
  }
  for (const mail::HeaderField& field : actions.add_fields) {
    if (const auto done = Add(field, leading_space, mta); !done) return done;
  }
  if (actions.replace_body && !mta.ReplaceBody(actions.new_body)) return Refused("replace body");
  if (actions.verdict.action == Action::kHold && !mta.Quarantine(HoldReason(actions.hold_reason))) {
    return Refused("hold");
  }
  return {};
}

}  // namespace warifu::daemon
