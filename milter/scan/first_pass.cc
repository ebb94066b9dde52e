#include "scan/first_pass.h"

#include <re2/re2.h>

#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/digest.h"
#include "scan/first_pass_cache.h"

namespace warifu::scan {
namespace {

// Raise when the way from a rule to its compiled form changes.
constexpr std::string_view kFormVersion = "warifu first pass 1";

// One expression of the database, with all patterns that use it.
struct Expression {
  std::string text;
  unsigned flags = 0;
  std::string keywords;  // the same patterns' keywords; "" when one has none
  unsigned keyword_flags = 0;
  std::size_t owner = 0;  // the first pattern, for messages
};

struct Plan {
  std::vector<Expression> expressions;
  std::vector<std::vector<ProbeUse>> uses;
};

ProbeText KeywordText(const std::set<std::string>& words) {
  std::string regex;
  for (const std::string& word : words) {
    regex += (regex.empty() ? "(?i:" : "|") + RE2::QuoteMeta(word);
  }
  const auto tree = ParseRegex(regex + ")");
  if (regex.empty() || !tree) return {};
  return PrintProbe({*tree});
}

// Every expression once, by its text and flags.
Plan MakePlan(const std::vector<FirstPassPattern>& patterns) {
  Plan plan;
  std::map<std::pair<std::string, unsigned>, std::size_t> index;
  std::vector<std::set<std::string>> words;
  std::vector<bool> wordless;
  for (std::uint32_t p = 0; p < patterns.size(); ++p) {
    for (const Probe& probe : patterns[p].probes) {
      const unsigned flags = probe.utf8 ? HS_FLAG_UTF8 : 0;
      const auto [it, fresh] = index.try_emplace({probe.expression, flags}, index.size());
      if (fresh) {
        plan.expressions.push_back({probe.expression, flags, "", 0, p});
        plan.uses.emplace_back();
        words.emplace_back();
        wordless.push_back(false);
      }
      plan.uses[it->second].push_back(
          {p, probe.back, probe.forward, probe.back_lines, probe.forward_lines});
      words[it->second].insert(patterns[p].keywords.begin(), patterns[p].keywords.end());
      if (patterns[p].keywords.empty()) wordless[it->second] = true;
    }
  }
  for (std::size_t e = 0; e < plan.expressions.size(); ++e) {
    if (wordless[e]) continue;
    const ProbeText text = KeywordText(words[e]);
    plan.expressions[e].keywords = text.expression;
    plan.expressions[e].keyword_flags = text.utf8 ? HS_FLAG_UTF8 : 0;
  }
  return plan;
}

struct CompileError {
  int expression = -1;
  std::string text;
};

std::expected<HsDatabase, CompileError> Compile(const std::vector<Expression>& expressions) {
  std::vector<const char*> texts;
  std::vector<unsigned> flags, ids;
  for (const Expression& e : expressions) {
    ids.push_back(static_cast<unsigned>(texts.size()));
    texts.push_back(e.text.c_str());
    flags.push_back(e.flags);
  }
  hs_database_t* db = nullptr;
  hs_compile_error_t* error = nullptr;
  const hs_error_t code =
      hs_compile_multi(texts.data(), flags.data(), ids.data(), static_cast<unsigned>(texts.size()),
                       HS_MODE_BLOCK, nullptr, &db, &error);
  if (code == HS_SUCCESS) return HsDatabase(db);
  CompileError out{-1, "Hyperscan error " + std::to_string(code)};
  if (error != nullptr) {
    out = {error->expression, error->message};
    hs_free_compile_error(error);
  }
  return std::unexpected(std::move(out));
}

class Builder {
 public:
  Builder(const std::vector<FirstPassPattern>& patterns, std::vector<Expression> expressions)
      : patterns_(patterns), expressions_(std::move(expressions)) {
    out_.modes.assign(expressions_.size(), FirstPassMode::kExact);
  }

  std::expected<FirstPass, Errors> Run() {
    while (true) {
      auto database = Compile(expressions_);
      if (database) {
        out_.database = std::move(*database);
        return std::move(out_);
      }
      // The set as a whole was too much, or one expression was: find out which.
      std::vector<std::size_t> bad = {static_cast<std::size_t>(database.error().expression)};
      if (database.error().expression < 0) bad = CompileEach();
      if (bad.empty()) {
        errors_.push_back({ErrorKind::kInvalid,
                           "the rules do not compile together: " + database.error().text,
                           {}});
      }
      for (const std::size_t index : bad) Weaken(index, database.error().text);
      if (!errors_.empty()) return std::unexpected(std::move(errors_));
    }
  }

 private:
  std::vector<std::size_t> CompileEach() const {
    std::vector<std::size_t> bad;
    for (std::size_t i = 0; i < expressions_.size(); ++i) {
      if (!Compile({expressions_[i]})) bad.push_back(i);
    }
    return bad;
  }

  void Weaken(std::size_t index, const std::string& reason) {
    Expression& e = expressions_[index];
    FirstPassMode& mode = out_.modes[index];
    if (mode == FirstPassMode::kExact) {
      mode = FirstPassMode::kPrefilter;
      e.flags |= HS_FLAG_PREFILTER;
      return;
    }
    if (mode == FirstPassMode::kPrefilter && !e.keywords.empty()) {
      mode = FirstPassMode::kKeywords;
      e.text = e.keywords;
      e.flags = e.keyword_flags;
      return;
    }
    const FirstPassPattern& pattern = patterns_[e.owner];
    errors_.push_back({ErrorKind::kInvalid,
                       "rule '" + pattern.name + "' is too large for the first pass (" + reason +
                           "); give it keywords that every match holds, or smaller counts",
                       pattern.place});
  }

  const std::vector<FirstPassPattern>& patterns_;
  std::vector<Expression> expressions_;
  FirstPass out_;
  Errors errors_;
};

void NoteLooseForms(const std::vector<FirstPassPattern>& patterns,
                    const std::vector<Expression>& expressions, FirstPass* out) {
  for (std::size_t i = 0; i < expressions.size(); ++i) {
    if (out->modes[i] == FirstPassMode::kExact) continue;
    const bool keywords = out->modes[i] == FirstPassMode::kKeywords;
    out->notes.push_back("rule '" + patterns[expressions[i].owner].name +
                         "' is large: its first pass looks for " +
                         (keywords ? "its keywords only" : "a simpler form"));
  }
}

// Everything that decides the bytes of the database.
std::string CacheKey(const std::vector<Expression>& expressions) {
  std::string all(kFormVersion);
  const auto add = [&all](std::string_view part) {
    all += '\n' + std::to_string(part.size()) + ':';
    all += part;
  };
  add(hs_version());
  hs_platform_info_t platform{};
  if (hs_populate_platform(&platform) == HS_SUCCESS) {
    add(std::to_string(platform.tune) + "/" + std::to_string(platform.cpu_features));
  }
  for (const Expression& e : expressions) {
    add(e.text);
    add(std::to_string(e.flags));
    add(e.keywords);
  }
  return Sha256Hex(all);
}

}  // namespace

std::expected<FirstPass, Errors> MakeFirstPass(const std::vector<FirstPassPattern>& patterns,
                                               const std::string& cache_dir) {
  if (patterns.empty()) return FirstPass{};
  if (hs_valid_platform() != HS_SUCCESS) {
    return std::unexpected(
        Errors{{ErrorKind::kSystem, "this processor lacks what Hyperscan needs (SSSE3)", {}}});
  }
  std::vector<std::string> notes;
  Plan plan = MakePlan(patterns);
  const FirstPassCache cache(cache_dir, CacheKey(plan.expressions));
  std::optional<FirstPass> out = cache.Load(plan.expressions.size(), &notes);
  if (!out) {
    auto built = Builder(patterns, plan.expressions).Run();
    if (!built) return built;
    cache.Store(*built, &notes);
    out = std::move(*built);
  }
  out->uses = std::move(plan.uses);
  out->notes = std::move(notes);
  NoteLooseForms(patterns, plan.expressions, &*out);
  return std::move(*out);
}

}  // namespace warifu::scan
