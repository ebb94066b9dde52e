#include "scan/foreign_yaml.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "scan/toml_file.h"

namespace warifu::scan {
namespace {

// Keys that say what warifu does not do: what the note says of them.
struct DroppedKey {
  std::string_view key, why;
};
constexpr DroppedKey kDropped[] = {
    {"validation", "validation: no secret is sent anywhere to be tried"},
    {"validator", "validation: no secret is sent anywhere to be tried"},
    {"prevalidated", "validation: no secret is sent anywhere to be tried"},
    {"revocation", "revocation: no secret is sent anywhere"},
    {"depends_on_rule", "depends_on_rule: the rule stands alone"},
    {"checksum", "checksum: the check digits of its secrets are not computed"},
};

// Keys read, or without meaning here.
constexpr std::array<std::string_view, 12> kKnown = {
    "name",       "id",          "pattern",    "examples", "negative_examples",
    "references", "min_entropy", "confidence", "visible",  "pattern_requirements",
    "categories", "description"};

std::string TextOf(const YAML::Node& node) {
  return node.IsScalar() ? node.Scalar() : std::string();
}

// Text that is UTF-8 and holds no NUL, as TOML wants it.
std::vector<std::string> Texts(const YAML::Node& node) {
  std::vector<std::string> out;
  if (node.IsSequence()) {
    for (const YAML::Node& item : node) {
      if (item.IsScalar()) out.push_back(item.Scalar());
    }
  }
  return out;
}

void AddNote(std::string text, ForeignRule* rule) {
  if (std::ranges::find(rule->notes, text) == rule->notes.end()) {
    rule->notes.push_back(std::move(text));
  }
}

// A secret with fewer than `least` characters of the class, as a regex over the whole of it.
std::string Fewer(const std::string& inside, int least) {
  const std::string not_in = "[^" + inside + "]*";
  const std::string one_in = "[" + inside + "]";
  if (least <= 1) return "^" + not_in + "$";
  return "^" + not_in + "(?:" + one_in + not_in + "){0," + std::to_string(least - 1) + "}$";
}

// The characters of a class, each escaped.
std::string ClassOf(std::string_view characters) {
  std::string out;
  for (const char c : characters) {
    if (std::ispunct(static_cast<unsigned char>(c)) != 0) out += '\\';
    out += c;
  }
  return out;
}

void ReadRequirements(const YAML::Node& node, ForeignRule* rule) {
  if (!node.IsMap()) return;
  std::string special = ClassOf("!@#$%^&*()_+-=[]{}|;:'\",.<>?/\\`~");
  if (const YAML::Node own = node["special_chars"]) special = ClassOf(TextOf(own));
  for (const auto& entry : node) {
    const std::string key = TextOf(entry.first);
    const auto least = [&] { return entry.second.as<int>(1); };
    if (key == "ignore_if_contains") {
      rule->stopwords = Texts(entry.second);
    } else if (key == "min_digits") {
      rule->exempt.push_back(Fewer("0-9", least()));
    } else if (key == "min_uppercase") {
      rule->exempt.push_back(Fewer("A-Z", least()));
    } else if (key == "min_lowercase") {
      rule->exempt.push_back(Fewer("a-z", least()));
    } else if (key == "min_special_chars") {
      rule->exempt.push_back(Fewer(special, least()));
    } else if (key == "checksum") {
      AddNote(std::string(kDropped[5].why), rule);
    } else if (key != "special_chars") {
      AddNote("unknown key 'pattern_requirements." + key + "' is ignored", rule);
    }
  }
}

class FileReader {
 public:
  FileReader(const std::string& path, Errors* errors) : path_(path), errors_(errors) {}

  std::vector<ForeignRule> Read(const std::string& text) {
    const YAML::Node document = YAML::Load(text);
    const YAML::Node rules = document.IsMap() ? document["rules"] : YAML::Node();
    if (!rules.IsDefined() || !rules.IsSequence()) {
      errors_->push_back({ErrorKind::kInvalid,
                          "holds no list 'rules'; rules in TOML load as they are (--foreign)",
                          {path_}});
      return {};
    }
    std::vector<ForeignRule> out;
    for (const YAML::Node& node : rules) ReadRule(node, &out);
    return out;
  }

 private:
  Place PlaceOf(const YAML::Node& node) const {
    return {path_, node.Mark().line + 1, node.Mark().column + 1};
  }

  void ReadRule(const YAML::Node& node, std::vector<ForeignRule>* out) {
    ForeignRule rule;
    rule.place = PlaceOf(node);
    const auto fail = [&](std::string text) {
      errors_->push_back({ErrorKind::kInvalid, std::move(text), rule.place});
    };
    if (!node.IsMap()) return fail("a rule is a table of keys");
    const auto text = [&](const char* key) {
      const YAML::Node value = node[key];
      return value.IsDefined() ? TextOf(value) : std::string();
    };
    const auto texts = [&](const char* key) {
      const YAML::Node value = node[key];
      return value.IsDefined() ? Texts(value) : std::vector<std::string>();
    };
    rule.id = text("id");
    rule.name = text("name");
    rule.pattern = text("pattern");
    if (rule.id.empty() || rule.pattern.empty()) return fail("a rule needs an id and a pattern");
    rule.tags = texts("categories");
    rule.references = texts("references");
    rule.matches = texts("examples");
    rule.misses = texts("negative_examples");
    if (node["min_entropy"]) rule.entropy = node["min_entropy"].as<double>(0);
    const std::string confidence = text("confidence");
    if (confidence == "low" || confidence == "high") rule.severity = confidence;
    if (text("visible") == "false") {
      rule.severity = "info";
      AddNote("visible: it only served other rules; its severity is now info", &rule);
    }
    if (node["pattern_requirements"]) ReadRequirements(node["pattern_requirements"], &rule);
    NoteKeys(node, &rule);
    out->push_back(std::move(rule));
  }

  static void NoteKeys(const YAML::Node& node, ForeignRule* rule) {
    for (const auto& entry : node) {
      const std::string key = TextOf(entry.first);
      const auto* dropped = std::ranges::find(kDropped, key, &DroppedKey::key);
      if (dropped != std::end(kDropped)) {
        AddNote(std::string(dropped->why), rule);
      } else if (std::ranges::find(kKnown, key) == kKnown.end()) {
        AddNote("unknown key '" + key + "' is ignored", rule);
      }
    }
  }

  const std::string& path_;
  Errors* errors_;
};

}  // namespace

std::vector<ForeignRule> ReadForeignYaml(const std::string& path, Errors* errors) {
  const Result<std::string> text = ReadRuleText(path);
  if (!text) {
    errors->push_back(text.error());
    return {};
  }
  try {
    return FileReader(path, errors).Read(*text);
  } catch (const YAML::Exception& e) {
    const bool toml = path.ends_with(".toml");
    errors->push_back(
        {ErrorKind::kInvalid,
         "not valid YAML: " + e.msg + (toml ? "; rules in TOML load as they are (--foreign)" : ""),
         {path, e.mark.line + 1, e.mark.column + 1}});
  }
  return {};
}

}  // namespace warifu::scan
