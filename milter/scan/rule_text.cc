#include "scan/rule_text.h"

#include <algorithm>
#include <cstdio>
#include <span>

#include "base/utf8.h"

namespace warifu::scan {
namespace {

// Between triple single quotes, where a backslash is a backslash, if its characters allow that.
std::string Literal(const std::string& text) {
  const bool plain =
      !text.contains("'''") && !text.ends_with('\'') && IsUtf8(text) &&
      std::ranges::all_of(text, [](unsigned char c) { return c >= ' ' && c != 0x7f; });
  return plain ? "'''" + text + "'''" : TomlString(text);
}

template <typename Write>
std::string List(const std::string& key, std::span<const std::string> items, const Write& write) {
  if (items.empty()) return "";
  std::string out = key + " = [";
  for (const std::string& item : items) {
    out += (&item == items.data() ? "\n  " : ",\n  ") + write(item);
  }
  return out + "\n]\n";
}

// One line of a comment.
std::string Comment(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
  }
  return "# " + RepairUtf8(text).text + "\n";
}

std::string Number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.4g", value);
  const std::string out = text;
  return out.find_first_of(".en") == out.npos ? out + ".0" : out;
}

}  // namespace

std::string TomlString(std::string_view text) {
  std::string out = "\"";
  for (const char c : RepairUtf8(text).text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04X", static_cast<unsigned>(c));
      out += escape;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string RuleText(const ForeignRule& rule, int secret_group) {
  std::string out = "[[rules]]\n";
  out += "id = " + TomlString(rule.id) + "\n";
  if (!rule.name.empty()) out += "description = " + TomlString(rule.name) + "\n";
  for (const std::string& reference : rule.references) out += Comment("see " + reference);
  for (const std::string& note : rule.notes) out += Comment("left out: " + note);
  out += "regex = " + Literal(rule.pattern) + "\n";
  if (secret_group > 0) out += "secretGroup = " + std::to_string(secret_group) + "\n";
  if (rule.entropy > 0) out += "entropy = " + Number(rule.entropy) + "\n";
  out += List("tags", rule.tags, TomlString);
  if (!rule.stopwords.empty() || !rule.exempt.empty()) {
    out += "[[rules.allowlists]]\n";
    out += List("stopwords", rule.stopwords, TomlString);
    out += List("regexes", rule.exempt, Literal);
  }
  out += "[rules.mail]\n";
  out += "severity = " + TomlString(rule.severity) + "\n";
  out += List("matches", rule.matches, TomlString);
  out += List("misses", rule.misses, TomlString);
  return out;
}

}  // namespace warifu::scan
