// Settings: any file loads or is refused with errors, and what `warifu check` prints of a file that
// loaded is a file that says the same.
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/settings.h"
#include "input.h"

namespace {

using namespace warifu;
using fuzz::Require;

// A group of settings, or the value of one.
struct Node {
  std::string value;
  std::map<std::string, Node> members;
  std::map<std::size_t, Node> entries;  // of a list
};

std::string Members(const Node& group);

std::string Written(const Node& node) {
  if (!node.value.empty()) return node.value;
  if (node.entries.empty()) return "{ " + Members(node) + "}";
  std::string list;
  for (const auto& [index, entry] : node.entries) {
    list.append(list.empty() ? "( " : ", ").append(Written(entry));
  }
  return list + " )";
}

std::string Members(const Node& group) {
  std::string out;
  for (const auto& [name, member] : group.members) out += name + " = " + Written(member) + ";\n";
  return out;
}

std::string AsFile(const std::vector<app::EffectiveSetting>& settings) {
  Node root;
  for (const app::EffectiveSetting& setting : settings) {
    Node* node = &root;
    std::string_view name = setting.name;
    while (!name.empty()) {
      std::string_view part = fuzz::Take(&name, '.');
      const std::string_view word = fuzz::Take(&part, '[');
      node = &node->members[std::string(word)];
      if (!part.empty()) node = &node->entries[std::stoul(std::string(part))];
    }
    node->value = setting.value;
  }
  return Members(root);
}

std::map<std::string, std::string> Values(const app::Settings& settings) {
  std::map<std::string, std::string> out;
  for (const app::EffectiveSetting& setting : settings.effective) out[setting.name] = setting.value;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static fuzz::InputFile file(".conf");
  const auto settings = app::LoadSettings(file.Write(fuzz::Text(data, size)));
  if (!settings) {
    Require(!settings.error().empty(), "refused without an error");
    for (const Error& error : settings.error())
      Require(!error.text.empty(), "an error without text");
    return 0;
  }
  const auto again = app::LoadSettings(file.Write(AsFile(settings->effective)));
  Require(again.has_value(), "what was printed is refused");
  Require(Values(*again) == Values(*settings), "what was printed reads differently");
  return 0;
}
