#include "scan/rule_parts.h"

#include <algorithm>

#include "base/nearest.h"

namespace warifu::scan {
namespace {

constexpr int kDeepest = 8;
constexpr std::size_t kLongest = 64 << 10;

bool IsName(std::string_view name) {
  return !name.empty() && name[0] >= 'a' && name[0] <= 'z' && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

void RuleParts::Read(TomlTable* top, TomlFile* file) {
  const toml::table* table = top->Table("parts");
  if (table == nullptr) return;
  for (const auto& [key, node] : *table) {
    const std::string name(key.str());
    const auto* text = node.as_string();
    if (!IsName(name)) {
      file->Error(node, "parts: a name is made of small letters, digits and '_'");
    } else if (text == nullptr || text->get().empty()) {
      file->Error(node, "parts." + name + " must be a piece of a regular expression");
    } else {
      parts_.emplace(name, text->get());
    }
  }
}

std::string RuleParts::Expand(const std::string& regex, std::string_view key,
                              TomlTable* table) const {
  if (parts_.empty()) return regex;
  std::string out, error;
  if (Append(regex, 0, &out, &error)) return out;
  table->Error(key, std::move(error));
  return regex;
}

bool RuleParts::Append(std::string_view regex, int depth, std::string* out,
                       std::string* error) const {
  while (!regex.empty()) {
    const std::size_t open = regex.find("{{");
    const std::size_t close = open == regex.npos ? open : regex.find("}}", open);
    if (close == regex.npos) break;
    const std::string_view name = regex.substr(open + 2, close - open - 2);
    if (!IsName(name)) {  // "\{\{" and the like
      out->append(regex.substr(0, open + 1));
      regex.remove_prefix(open + 1);
      continue;
    }
    out->append(regex.substr(0, open));
    regex.remove_prefix(close + 2);
    const auto part = parts_.find(name);
    if (part == parts_.end()) {
      std::vector<std::string_view> names;
      for (const auto& [known, text] : parts_) names.push_back(known);
      *error =
          "no part is named '" + std::string(name) + "'" + DidYouMean(std::string(name), names);
      return false;
    }
    if (depth == kDeepest) {
      *error = "the part '" + std::string(name) + "' lies too deep, or holds itself";
      return false;
    }
    out->append("(?:");
    if (!Append(part->second, depth + 1, out, error)) return false;
    out->append(")");
    if (out->size() > kLongest) {
      *error = "with its parts, the expression is longer than 64 KiB";
      return false;
    }
  }
  out->append(regex);
  return true;
}

}  // namespace warifu::scan
