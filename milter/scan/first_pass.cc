#include "scan/first_pass.h"

#include <re2/re2.h>

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>

#include "base/digest.h"
#include "scan/bounded_compile.h"
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
  std::vector<ProbeForm> forms;
};

// The form of that expression and check; made where there is none yet.
ProbeForm& FormOf(std::uint32_t expression, const Probe& probe,
                  std::vector<std::vector<std::size_t>>* by_expression,
                  std::vector<ProbeForm>* forms) {
  const auto same = [&probe](const ProbeForm& form) {
    if (form.check == nullptr || probe.check == nullptr) return form.check == probe.check;
    return *form.check == *probe.check;
  };
  for (const std::size_t i : (*by_expression)[expression]) {
    if (same((*forms)[i])) return (*forms)[i];
  }
  (*by_expression)[expression].push_back(forms->size());
  return forms->emplace_back(ProbeForm{expression, probe.check, {}});
}

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
  std::vector<std::vector<std::size_t>> forms;  // by expression
  std::vector<std::set<std::string>> words;
  std::vector<bool> wordless;
  for (std::uint32_t p = 0; p < patterns.size(); ++p) {
    for (const Probe& probe : patterns[p].probes) {
      const unsigned flags = probe.utf8 ? HS_FLAG_UTF8 : 0;
      const auto [it, fresh] = index.try_emplace({probe.expression, flags}, index.size());
      if (fresh) {
        plan.expressions.push_back({probe.expression, flags, "", 0, p});
        forms.emplace_back();
        words.emplace_back();
        wordless.push_back(false);
      }
      FormOf(static_cast<std::uint32_t>(it->second), probe, &forms, &plan.forms)
          .uses.push_back({p, probe.back, probe.forward, probe.back_lines, probe.forward_lines});
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

std::expected<HsDatabase, CompileFailure> Compile(std::span<const Expression> expressions,
                                                  const CompileBounds& bounds) {
  std::vector<HsExpression> list;
  for (const Expression& e : expressions) list.push_back({e.text.c_str(), e.flags});
  return CompileBounded(list, bounds);
}

class Builder {
 public:
  Builder(const std::vector<FirstPassPattern>& patterns, std::vector<Expression> expressions,
          const CompileBounds& bounds)
      : patterns_(patterns), expressions_(std::move(expressions)), bounds_(bounds) {
    out_.modes.assign(expressions_.size(), FirstPassMode::kExact);
    alone_.time = bounds.time_alone;
  }

  std::expected<FirstPass, Errors> Run() {
    while (true) {
      auto database = Compile(expressions_, bounds_);
      if (database) {
        out_.database = std::move(*database);
        return std::move(out_);
      }
      const CompileFailure& failure = database.error();
      // The set as a whole was too much, or one expression was: find out which.
      if (failure.expression >= 0) {
        Weaken(static_cast<std::size_t>(failure.expression), failure.text);
      } else if (CompileEach() == 0) {
        errors_.push_back(
            {ErrorKind::kInvalid, "the rules do not compile together: " + failure.text, {}});
      }
      if (!errors_.empty()) return std::unexpected(std::move(errors_));
    }
  }

 private:
  // How many fail alone. With one to name, no more are tried than the time of the whole allows.
  std::size_t CompileEach() {
    const auto begin = std::chrono::steady_clock::now();
    std::size_t bad = 0;
    for (std::size_t i = 0; i < expressions_.size(); ++i) {
      if (bad > 0 && std::chrono::steady_clock::now() - begin > bounds_.time) break;
      const auto database = Compile({&expressions_[i], 1}, alone_);
      if (database) continue;
      ++bad;
      if (database.error().exceeded) {
        Refuse(i, database.error().text);
      } else {
        Weaken(i, database.error().text);
      }
    }
    return bad;
  }

  // A looser form of what takes minutes may take minutes too.
  void Refuse(std::size_t index, const std::string& reason) {
    const FirstPassPattern& pattern = patterns_[expressions_[index].owner];
    errors_.push_back({ErrorKind::kInvalid,
                       "rule '" + pattern.name + "' " + reason +
                           "; use smaller counts, plainer classes or fewer alternatives",
                       pattern.place});
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
  const CompileBounds bounds_;
  CompileBounds alone_ = bounds_;
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
                                               const std::string& cache_dir,
                                               const CompileBounds& bounds) {
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
    auto built = Builder(patterns, plan.expressions, bounds).Run();
    if (!built) return built;
    cache.Store(*built, &notes);
    out = std::move(*built);
  }
  out->forms = std::move(plan.forms);
  out->forms_of.resize(out->modes.size());
  for (std::uint32_t i = 0; i < out->forms.size(); ++i) {
    ProbeForm& form = out->forms[i];
    out->forms_of[form.expression].push_back(i);
    // The reports of a looser form may end elsewhere.
    if (out->modes[form.expression] != FirstPassMode::kExact) form.check = nullptr;
  }
  out->notes = std::move(notes);
  NoteLooseForms(patterns, plan.expressions, &*out);
  return std::move(*out);
}

}  // namespace warifu::scan
