#include "scan/first_pass.h"

#include <re2/re2.h>

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "scan/first_pass_cache.h"

namespace warifu::scan {
namespace {

// Raise when the way from a rule to its compiled form changes.
constexpr std::string_view kFormVersion = "warifu first pass 1";

struct Expression {
  std::string text;
  unsigned flags = 0;
};

Expression KeywordExpression(const FirstPassPattern& pattern) {
  std::string regex;
  for (const std::string& word : pattern.keywords) {
    regex += (regex.empty() ? "(?i:" : "|") + RE2::QuoteMeta(word);
  }
  const auto tree = ParseRegex(regex + ")");
  if (regex.empty() || !tree) return {};
  const FirstPassForm form = MakeFirstPassForm(*tree);
  return {form.pattern, form.utf8 ? unsigned{HS_FLAG_UTF8} : 0};
}

Expression ExpressionOf(const FirstPassPattern& pattern, FirstPassMode mode) {
  if (mode == FirstPassMode::kKeywords) return KeywordExpression(pattern);
  unsigned flags = pattern.form.utf8 ? HS_FLAG_UTF8 : 0;
  if (mode == FirstPassMode::kPrefilter) flags |= HS_FLAG_PREFILTER;
  return {pattern.form.pattern, flags};
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
  explicit Builder(const std::vector<FirstPassPattern>& patterns) : patterns_(patterns) {
    out_.modes.assign(patterns.size(), FirstPassMode::kExact);
  }

  std::expected<FirstPass, Errors> Run() {
    std::vector<Expression> expressions;
    for (const FirstPassPattern& p : patterns_) {
      expressions.push_back(ExpressionOf(p, FirstPassMode::kExact));
    }
    while (true) {
      auto database = Compile(expressions);
      if (database) {
        out_.database = std::move(*database);
        break;
      }
      // The set as a whole was too much, or one pattern was: find out which.
      std::vector<std::size_t> bad = {static_cast<std::size_t>(database.error().expression)};
      if (database.error().expression < 0) bad = CompileEach(expressions);
      if (bad.empty()) {
        errors_.push_back({ErrorKind::kInvalid,
                           "the rules do not compile together: " + database.error().text,
                           {}});
      }
      for (const std::size_t index : bad) {
        expressions[index] = Weaken(index, database.error().text);
      }
      if (!errors_.empty()) return std::unexpected(std::move(errors_));
    }
    return std::move(out_);
  }

 private:
  std::vector<std::size_t> CompileEach(const std::vector<Expression>& expressions) {
    std::vector<std::size_t> bad;
    for (std::size_t i = 0; i < expressions.size(); ++i) {
      if (!Compile({expressions[i]})) bad.push_back(i);
    }
    return bad;
  }

  Expression Weaken(std::size_t index, const std::string& reason) {
    const FirstPassPattern& pattern = patterns_[index];
    FirstPassMode& mode = out_.modes[index];
    if (mode == FirstPassMode::kExact) {
      mode = FirstPassMode::kPrefilter;
      return ExpressionOf(pattern, mode);
    }
    if (mode == FirstPassMode::kPrefilter && !pattern.keywords.empty()) {
      mode = FirstPassMode::kKeywords;
      return ExpressionOf(pattern, mode);
    }
    errors_.push_back({ErrorKind::kInvalid,
                       "rule '" + pattern.name + "' is too large for the first pass (" + reason +
                           "); give it keywords that every match holds, or smaller counts",
                       pattern.place});
    return {};
  }

  const std::vector<FirstPassPattern>& patterns_;
  FirstPass out_;
  Errors errors_;
};

void NoteLooseForms(const std::vector<FirstPassPattern>& patterns, FirstPass* out) {
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (out->modes[i] == FirstPassMode::kExact) continue;
    const bool keywords = out->modes[i] == FirstPassMode::kKeywords;
    out->notes.push_back("rule '" + patterns[i].name + "' is large: its first pass looks for " +
                         (keywords ? "its keywords only" : "a simpler form"));
  }
}

// Everything that decides the bytes of the database.
std::string CacheKey(const std::vector<FirstPassPattern>& patterns) {
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
  for (const FirstPassPattern& p : patterns) {
    for (const FirstPassMode mode : {FirstPassMode::kExact, FirstPassMode::kKeywords}) {
      const Expression e = ExpressionOf(p, mode);
      add(e.text);
      add(std::to_string(e.flags));
    }
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
  FirstPassCache cache(cache_dir, CacheKey(patterns));
  std::optional<FirstPass> out = cache.Load(patterns.size(), &notes);
  if (!out) {
    auto built = Builder(patterns).Run();
    if (!built) return built;
    cache.Store(*built, &notes);
    out = std::move(*built);
  }
  out->notes = std::move(notes);
  NoteLooseForms(patterns, &*out);
  return std::move(*out);
}

}  // namespace warifu::scan
