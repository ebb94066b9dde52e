#include "scan/ignore_list.h"

#include <algorithm>

#include "scan/rule_text.h"
#include "scan/toml_file.h"

namespace warifu::scan {
namespace {

constexpr std::size_t kFingerprintDigits = 16;

bool IsFingerprint(std::string_view text) {
  return text.size() == kFingerprintDigits &&
         text.find_first_not_of("0123456789abcdef") == text.npos;
}

class Reader {
 public:
  Reader(const FingerprintKey& key, WallTime now, std::vector<std::string>* warnings)
      : key_(KeyName(key)), now_(now), warnings_(warnings) {}

  void Read(const std::string& path) {
    ReadTomlFile(path, &errors_, [&](const toml::table& document) { Document(path, document); });
  }

  IgnoreList list;
  Errors TakeErrors() { return std::move(errors_); }

 private:
  void Document(const std::string& path, const toml::table& document) {
    TomlFile file;
    file.path = path;
    file.errors = &errors_;
    TomlTable top(document, "", &file);
    const std::string key = top.String("key");
    if (!key.empty() && key != key_) {
      warnings_->push_back(path + ": was written with another fingerprint key (" + Printable(key) +
                           ", here " + key_ + "): none of it can match");
    }
    std::size_t expired = 0;
    for (const toml::table* table : top.Tables("ignore")) expired += Entry(*table, &file) ? 1 : 0;
    top.Finish();
    if (expired > 0) {
      warnings_->push_back(path + ": " + std::to_string(expired) +
                           (expired == 1 ? " entry has" : " entries have") +
                           " expired; what they name is found again");
    }
  }

  // True when the entry has expired.
  bool Entry(const toml::table& table, TomlFile* file) {
    TomlTable t(table, "ignore", file);
    IgnoreEntry entry{t.String("rule"), t.String("fingerprint"), t.String("reason"),
                      t.Date("until"), file->PlaceOf(table)};
    if (entry.rule.empty()) t.Error("rule", "an entry needs the id of a rule");
    if (!IsFingerprint(entry.fingerprint)) {
      t.Error("fingerprint",
              "a fingerprint is 16 hexadecimal digits in lower case, as events show");
    }
    if (entry.reason.empty()) t.Error("reason", "an entry needs a reason");
    t.Finish();
    const bool expired = entry.until && *entry.until <= now_;
    list.Add(std::move(entry));
    return expired;
  }

  const std::string key_;
  const WallTime now_;
  std::vector<std::string>* warnings_;
  Errors errors_;
};

}  // namespace

void IgnoreList::Add(IgnoreEntry entry) {
  auto key = std::pair(entry.rule, entry.fingerprint);
  const auto [it, fresh] = entries_.try_emplace(std::move(key), entry);
  // Of two for one finding, the one that holds longer.
  const auto longer = [](const std::optional<WallTime>& a, const std::optional<WallTime>& b) {
    return b && (!a || *a > *b);
  };
  if (!fresh && longer(entry.until, it->second.until)) it->second = std::move(entry);
}

const IgnoreEntry* IgnoreList::Find(std::string_view rule, std::string_view fingerprint,
                                    WallTime now) const {
  const auto it = entries_.find(std::pair(std::string(rule), std::string(fingerprint)));
  if (it == entries_.end() || (it->second.until && *it->second.until <= now)) return nullptr;
  return &it->second;
}

std::string KeyName(const FingerprintKey& key) {
  return key.Fingerprint("warifu: the name of this key");
}

std::expected<IgnoreList, Errors> LoadIgnoreLists(std::span<const std::string> paths,
                                                  const FingerprintKey& key, WallTime now,
                                                  std::vector<std::string>* warnings) {
  Reader reader(key, now, warnings);
  for (const std::string& path : paths) reader.Read(path);
  if (Errors errors = reader.TakeErrors(); !errors.empty())
    return std::unexpected(std::move(errors));
  return std::move(reader.list);
}

std::string IgnoreText(const FingerprintKey& key, std::span<const IgnoreEntry> entries) {
  std::string out =
      "# Findings that are known and let pass; see warifu-patterns(5), IGNORE LISTS.\n"
      "key = " +
      TomlString(KeyName(key)) + "\n";
  for (const IgnoreEntry& entry : entries) {
    out += "\n[[ignore]]\nrule = " + TomlString(entry.rule) +
           "\nfingerprint = " + TomlString(entry.fingerprint) +
           "\nreason = " + TomlString(entry.reason) + "\n";
  }
  return out;
}

}  // namespace warifu::scan
