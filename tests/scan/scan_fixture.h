// Helpers of the scan tests: a set out of TOML text, a segment out of a string.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/normalise.h"
#include "scan/engine_hooks.h"
#include "scan/pattern_set.h"
#include "temp_dir.h"

namespace warifu::scan {

using SetPtr = std::shared_ptr<const PatternSet>;

inline std::expected<SetPtr, Errors> TryLoad(const std::string& toml, bool foreign = false) {
  const TempDir dir;
  LoadOptions options;
  options.sources = {{dir.Write("rules.toml", toml), foreign}};
  return Load(options);
}

inline std::string TextOf(const Errors& errors) {
  std::string out;
  for (const Error& e : errors) out += e.ToString() + "\n";
  return out;
}

// Fails the test when the rules do not load.
inline SetPtr MustLoad(const std::string& toml, bool foreign = false) {
  auto set = TryLoad(toml, foreign);
  if (!set) {
    ADD_FAILURE() << TextOf(set.error());
    return nullptr;
  }
  return *set;
}

inline Segment BodySegment(const std::string& text, Region region = Region::kBody) {
  Segment segment;
  segment.part = "1";
  Normalised normal = Normalise(text);
  segment.text = std::move(normal.text);
  segment.maps = std::move(normal.maps);
  segment.regions.push_back({region, {0, segment.text.size()}});
  return segment;
}

inline ScanResult ScanText(const PatternSet& set, const std::string& text,
                           const ScanContext& context = {}) {
  const Segment segment = BodySegment(text);
  return set.Scan({&segment, 1}, context);
}

// Ids of the rules that fired, in order, with repeats.
inline std::vector<std::string> RulesIn(const ScanResult& result) {
  std::vector<std::string> out;
  for (const Finding& f : result.findings) out.push_back(f.rule);
  return out;
}

// The secrets found, in order.
inline std::vector<std::string> SecretsIn(const PatternSet& set, const std::string& text) {
  const Segment segment = BodySegment(text);
  std::vector<std::string> out;
  for (const Finding& f : set.Scan({&segment, 1}, {}).findings) {
    out.push_back(segment.text.substr(f.secret.begin, f.secret.size()));
  }
  return out;
}

inline std::string SimpleRule(const std::string& id, const std::string& regex,
                              const std::string& more = "") {
  return "[[rules]]\nid = \"" + id + "\"\nregex = '''" + regex + "'''\n" + more + "\n";
}

}  // namespace warifu::scan
