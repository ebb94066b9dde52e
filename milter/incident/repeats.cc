#include "incident/repeats.h"

#include <utility>

namespace warifu::incident {

std::string SameRefusal(const Event& event) {
  const bool at_end = event.stage == "end";
  if (event.verdict.action < Action::kDefer || (at_end && event.message_id.empty())) return "";
  std::string key;
  const auto add = [&key](std::string_view word) { key.append(word).append(1, '\x1f'); };
  add(event.stage);
  add(ToString(event.verdict.action));
  add(event.account);
  add(event.sender);
  for (const std::string& recipient : event.recipients) add(recipient);
  add("because");
  for (const std::string& reason : event.verdict.reasons) add(reason);
  if (at_end) add(event.message_id);
  return key;
}

std::string Repeats::ReferenceOf(const std::string& key, const std::string& reference, WallTime at,
                                 std::chrono::seconds window, bool opens) {
  const std::lock_guard lock(mutex_);
  std::string first = reference;
  for (Table* table : {&young_, &old_}) {
    const auto it = table->find(key);
    if (it == table->end()) continue;
    if (!opens && at - it->second.at < window) first = it->second.reference;
    table->erase(it);
    break;
  }
  if (young_.size() >= half_) {
    old_ = std::move(young_);
    young_.clear();
  }
  young_.insert_or_assign(key, Told{first, at});
  return first;
}

void Repeats::Forget(std::string_view reference) {
  const std::lock_guard lock(mutex_);
  for (Table* table : {&young_, &old_}) {
    std::erase_if(*table, [&](const auto& told) { return told.second.reference == reference; });
  }
}

}  // namespace warifu::incident
