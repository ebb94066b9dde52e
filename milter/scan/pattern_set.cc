#include "scan/pattern_set.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/digest.h"
#include "scan/candidate_ties.h"
#include "scan/compiled_rule.h"
#include "scan/confirm.h"
#include "scan/engine_hooks.h"
#include "scan/examples.h"
#include "scan/first_pass.h"
#include "scan/row_confirm.h"
#include "scan/rule_file.h"
#include "scan/rule_mode.h"
#include "scan/scratch_pool.h"

namespace warifu::scan {
namespace {

constexpr std::size_t kMaxFindings = 20000;  // of one mail; the rest would tell nobody more
constexpr std::size_t kListed = 100;         // of one rule in one segment; the rest is one finding

using Watch = std::chrono::steady_clock;

class StageTimer {
 public:
  explicit StageTimer(bool on) : on_(on) {}
  void Start() {
    if (on_) begin_ = Watch::now();
  }
  void Stop(double* total_us) {
    if (on_) *total_us += std::chrono::duration<double, std::micro>(Watch::now() - begin_).count();
  }

 private:
  bool on_;
  Watch::time_point begin_;
};

class PatternSetImpl : public PatternSet {
 public:
  PatternSetImpl(CompiledRules rules, FirstPass first_pass, std::unique_ptr<ScratchPool> pool,
                 std::string version, std::vector<std::string> notes, const EngineHooks& hooks)
      : rules_(std::move(rules)),
        first_pass_(std::move(first_pass)),
        pool_(std::move(pool)),
        version_(std::move(version)),
        notes_(std::move(notes)),
        hooks_(hooks) {
    for (const CompiledRule& rule : rules_.rules) infos_.push_back(rule.rule.info);
  }

  ScanResult Scan(std::span<const Segment> segments, const ScanContext& context,
                  StageTimes* times) const override;
  const std::vector<RuleInfo>& rules() const override { return infos_; }
  const std::string& version() const override { return version_; }
  const std::vector<std::string>& notes() const override { return notes_; }
  ScratchUse scratch() const override { return pool_->use(); }
  bool from_cache() const override { return first_pass_.from_cache; }
  std::vector<RuleProblem> CheckExamples() const override {
    return CheckRuleExamples(*this, rules_);
  }

 private:
  friend class Run;
  CompiledRules rules_;
  FirstPass first_pass_;
  std::unique_ptr<ScratchPool> pool_;
  std::string version_;
  std::vector<std::string> notes_;
  EngineHooks hooks_;
  std::vector<RuleInfo> infos_;
};

// One Scan() call.
class Run {
 public:
  Run(const PatternSetImpl& set, std::span<const Segment> segments, const ScanContext& context,
      StageTimes* times)
      : set_(set),
        segments_(segments),
        context_(context),
        timer_(times != nullptr),
        times_(times != nullptr ? times : &unused_) {}

  ScanResult Go() {
    auto scratch = set_.pool_->Take();
    if (!scratch) {
      result_.faults.push_back({FaultCause::kResources, "", scratch.error().text});
      return std::move(result_);
    }
    for (std::size_t i = 0; i < segments_.size() && !stopped_; ++i) {
      if (OutOfTime(segments_[i])) break;
      ScanSegment(i, &**scratch);
    }
    return std::move(result_);
  }

 private:
  bool OutOfTime(const Segment& segment) {
    if (stopped_) return true;
    if (!context_.out_of_time || !context_.out_of_time()) return false;
    Stop(FaultCause::kTimeout, segment, "the time for this mail ran out during the scan");
    return true;
  }

  void Stop(FaultCause cause, const Segment& segment, std::string detail) {
    result_.faults.push_back({cause, segment.part, std::move(detail)});
    stopped_ = true;
  }

  void ScanSegment(std::size_t index, Scratch* scratch) {
    const Segment& segment = segments_[index];
    timer_.Start();
    const bool scanned = FirstPassOver(segment, scratch);
    rows_.clear();
    set_.rules_.rows.Run(segment.text, &rows_);
    timer_.Stop(&times_->first_pass_us);
    if (!scanned) return;
    timer_.Start();
    candidates_.clear();
    ConfirmHits(segment, scratch);
    ConfirmRows(set_.rules_, rows_, segment, &candidates_,
                context_.on_dropped ? &refusals_ : nullptr);
    TellRefusals(index);
    ConfirmNames(set_.rules_, segment, &candidates_);
    MakeFindings(index);
    timer_.Stop(&times_->second_pass_us);
  }

  // False when the engine could not scan: a fault says so.
  bool FirstPassOver(const Segment& segment, Scratch* scratch) {
    scratch->Begin(set_.first_pass_, segment.text);
    if (set_.first_pass_.database == nullptr || segment.text.empty()) return true;
    if (segment.text.size() >= std::numeric_limits<std::uint32_t>::max()) {
      result_.faults.push_back({FaultCause::kTooLarge, segment.part, "a text of 4 GiB or more"});
      return false;
    }
    const hs_error_t code = set_.hooks_.scan(set_.first_pass_.database.get(), segment.text.data(),
                                             static_cast<unsigned>(segment.text.size()), 0,
                                             scratch->hs.get(), RecordHit, scratch);
    if (code == HS_SUCCESS) return true;
    result_.faults.push_back({code == HS_NOMEM ? FaultCause::kResources : FaultCause::kEngine,
                              segment.part,
                              "the pattern engine failed with code " + std::to_string(code)});
    return false;
  }

  void ConfirmHits(const Segment& segment, Scratch* scratch) {
    MakeSearches(set_.first_pass_, scratch->hits, segment.text, &searches_);
    for (std::size_t i = 0; i < searches_.size();) {
      const std::uint32_t id = searches_[i].pattern;
      std::size_t end = i;
      while (end < searches_.size() && searches_[end].pattern == id) ++end;
      if (OutOfTime(segment)) return;
      ConfirmPattern(set_.rules_, set_.rules_.patterns[id], {searches_.data() + i, end - i},
                     segment, &candidates_, context_.on_dropped ? &refusals_ : nullptr);
      i = end;
    }
  }

  void TellRefusals(std::size_t index) {
    for (const Refusal& refusal : refusals_) {
      const Candidate& c = refusal.candidate;
      const std::string_view secret =
          std::string_view(segments_[index].text).substr(c.secret.begin, c.secret.size());
      context_.on_dropped(
          {set_.infos_[c.rule].id, index, c.match, Preview(secret), refusal.key, refusal.detail});
    }
    refusals_.clear();
  }

  void MakeFindings(std::size_t index) {
    if (candidates_.empty()) return;
    const Segment& segment = segments_[index];
    std::ranges::sort(candidates_, [](const Candidate& a, const Candidate& b) {
      return std::tuple(a.match.begin, a.rule, a.secret.begin, a.secret.end) <
             std::tuple(b.match.begin, b.rule, b.secret.begin, b.secret.end);
    });
    DropUnmet(set_.rules_, segment.text, &candidates_);
    DropYielding(set_.rules_, &candidates_);
    const Candidate* last = nullptr;
    for (const Candidate& c : candidates_) {
      const bool same = last != nullptr && last->rule == c.rule && last->secret == c.secret;
      if (same || ShownBefore(segment, index, c)) continue;
      last = &c;
      Bulk& bulk = bulks_[c.rule];
      bulk.accounts.insert(
          std::string_view(segment.text).substr(c.account.begin, c.account.size()));
      if (++bulk.count > kListed && !bulk.rests.empty() && JoinsRest(segment, c, bulk.rests.back()))
        continue;
      if (result_.findings.size() >= kMaxFindings) {
        Stop(FaultCause::kTooLarge, segment,
             "more than " + std::to_string(kMaxFindings) + " findings; the rest is left out");
        break;
      }
      if (bulk.count > kListed) bulk.rests.push_back(result_.findings.size());
      AddFinding(index, c);
    }
    FinishBulks(segment);
  }

  // The records of one rule in one segment: from many on, they are counted, not listed.
  struct Bulk {
    std::size_t count = 0;
    std::vector<std::size_t> rests;  // indices of the findings that stand for those not listed
    std::unordered_set<std::string_view> accounts;
  };

  // Adds the record to the finding that stands for many, unless it lies in another region.
  bool JoinsRest(const Segment& segment, const Candidate& c, std::size_t rest) {
    Finding& f = result_.findings[rest];
    if (segment.RegionAt(c.secret.begin) != f.region) return false;
    f.match.end = std::max(f.match.end, c.match.end);
    f.secret.end = std::max(f.secret.end, c.secret.end);
    ++f.rows;
    // Many records of one account are that account's; of several, or of nobody known, nobody's
    // alone.
    if (segment.text.compare(c.account.begin, c.account.size(), f.account) != 0) f.account.clear();
    return true;
  }

  void FinishBulks(const Segment& segment) {
    for (auto& [rule, bulk] : bulks_) {
      bulk.accounts.erase(std::string_view());
      for (const std::size_t rest : bulk.rests) {
        Finding& f = result_.findings[rest];
        if (f.rows == 1) continue;
        f.content = segment.ToContent(f.secret);
        f.accounts = bulk.accounts.size();
        // Of all of it: who ignores the first record by its fingerprint does not ignore the others.
        const std::string_view all =
            std::string_view(segment.text).substr(f.secret.begin, f.secret.size());
        if (context_.key != nullptr) f.fingerprint = context_.key->Fingerprint(all);
      }
    }
    bulks_.clear();
  }

  // Whether another part of the same multipart/alternative has shown this secret already.
  bool ShownBefore(const Segment& segment, std::size_t index, const Candidate& c) {
    if (segment.alternative <= 0) return false;
    const std::string key = std::to_string(segment.alternative) + '/' + std::to_string(c.rule) +
                            '/' + segment.text.substr(c.secret.begin, c.secret.size());
    return shown_.try_emplace(key, index).first->second != index;
  }

  void AddFinding(std::size_t index, const Candidate& c) {
    const Segment& segment = segments_[index];
    const Rule& rule = set_.rules_.rules[c.rule].rule;
    const RuleInfo& info = rule.info;
    Finding f;
    f.rule = info.id;
    f.description = info.description;
    f.tags = info.tags;
    f.severity = info.severity;
    f.action = info.action;
    f.mode = ModeOf(info, context_);
    f.segment = index;
    f.match = c.match;
    f.secret = c.secret;
    f.region = segment.RegionAt(c.secret.begin);
    f.part = segment.part;
    f.content = segment.ToContent(c.secret);
    // A rule on a file's name has no secret in the text: the name stands for it.
    const std::string_view secret =
        rule.OnNameAlone() ? std::string_view(segment.name)
                           : std::string_view(segment.text).substr(c.secret.begin, c.secret.size());
    f.preview = rule.OnNameAlone() ? std::string() : Preview(secret);
    if (context_.key != nullptr) f.fingerprint = context_.key->Fingerprint(secret);
    f.account = segment.text.substr(c.account.begin, c.account.size());
    result_.findings.push_back(std::move(f));
  }

  const PatternSetImpl& set_;
  std::span<const Segment> segments_;
  const ScanContext& context_;
  StageTimes unused_;
  StageTimer timer_;
  StageTimes* times_;
  ScanResult result_;
  std::vector<Search> searches_;
  std::vector<FoundRow> rows_;
  std::vector<Candidate> candidates_;
  std::unordered_map<std::uint32_t, Bulk> bulks_;  // by rule
  std::vector<Refusal> refusals_;
  std::unordered_map<std::string, std::size_t> shown_;  // → the segment that showed it first
  bool stopped_ = false;
};

ScanResult PatternSetImpl::Scan(std::span<const Segment> segments, const ScanContext& context,
                                StageTimes* times) const {
  return Run(*this, segments, context, times).Go();
}

// Everything of a rule that decides what is found and how it counts.
std::string Content(const Rule& rule) {
  std::string all;
  const auto add = [&all](std::string_view part) {
    all += '\n' + std::to_string(part.size()) + ':';
    all += part;
  };
  const auto add_all = [&](const std::vector<std::string>& parts) {
    add(std::to_string(parts.size()));
    for (const std::string& part : parts) add(part);
  };
  const RuleInfo& info = rule.info;
  add(info.id);
  add(rule.path);
  if (rule.record != nullptr) {
    add(info.regex);
    add_all(rule.record->delimiters);
  }
  for (const RulePattern& p : rule.patterns) {
    add(p.regex);
    add(std::to_string(p.secret_group) + "," + std::to_string(p.account_group) +
        (p.trim ? ",trim" : ""));
  }
  add(rule.near.regex);
  add(std::to_string(rule.near.above) + "," + std::to_string(rule.near.below) + "," +
      std::to_string(rule.near.account_group));
  add_all(info.keywords);
  add_all(rule.validators);
  add_all(rule.strong);
  for (const auto& filter : rule.filters) add(filter->source());
  for (const Requirement& required : rule.required) {
    add(required.rule + "," + std::to_string(required.within_lines.value_or(-1)));
  }
  if (rule.helper) add("helper");
  for (const Region region : info.regions) add(ToString(region));
  add(std::to_string(rule.entropy) + "," + std::to_string(info.sample) + "," +
      std::string(ToString(info.severity)) + "," + std::string(ToString(info.action)) + "," +
      std::string(ToString(info.mode)));
  if (info.until) add(std::to_string(info.until->time_since_epoch().count()));
  for (const auto& list : rule.allowlists) {
    add(std::to_string(static_cast<int>(list->target)) + (list->all_must_match ? "&" : "|") +
        (list->whole ? "w" : "") + (list->impossible ? "i" : ""));
    add_all(list->regexes);
    add_all(list->stopwords);
    add_all(list->paths);
  }
  return all;
}

// Of each rule, and of all; the engine counts, too.
std::string SetVersions(std::vector<Rule>* rules) {
  std::string all(hs_version());
  for (Rule& rule : *rules) {
    const std::string content = Content(rule);
    rule.info.version = Sha256Hex(content).substr(0, 12);
    all += content;
  }
  return Sha256Hex(all).substr(0, 12);
}

// Takes the disabled rules out; names that are no rule's are noted.
void Disable(const std::vector<std::string>& ids, RuleFiles* files) {
  std::set<std::string> left(ids.begin(), ids.end());
  std::erase_if(files->rules, [&](const Rule& rule) {
    left.erase(rule.info.id);
    return std::ranges::find(ids, rule.info.id) != ids.end();
  });
  for (const std::string& id : left) {
    files->notes.push_back("no rule is named '" + id + "', so it cannot be disabled");
  }
}

std::vector<FirstPassPattern> ForFirstPass(const CompiledRules& rules) {
  std::vector<FirstPassPattern> out;
  for (const CompiledPattern& p : rules.patterns) {
    const Rule& rule = rules.rules[p.rule].rule;
    out.push_back({rule.info.id, rule.place, p.probes, rule.info.keywords});
  }
  return out;
}

}  // namespace

std::expected<std::shared_ptr<const PatternSet>, Errors> LoadWith(const LoadOptions& options,
                                                                  const EngineHooks& hooks) {
  RuleFiles files = ReadRuleFiles(options.sources, options.actions);
  Disable(options.disabled_rules, &files);
  const std::string version = SetVersions(&files.rules);
  // Rules that could be read are compiled even so: all errors come at once.
  auto rules = CompileRules(std::move(files.rules));
  Errors errors = std::move(files.errors);
  if (!rules) errors.insert(errors.end(), rules.error().begin(), rules.error().end());
  if (!errors.empty()) return std::unexpected(std::move(errors));
  auto first_pass = MakeFirstPass(ForFirstPass(*rules), options.cache_dir, options.bounds);
  if (!first_pass) return std::unexpected(std::move(first_pass.error()));
  auto pool = ScratchPool::Make(first_pass->database.get(), first_pass->forms.size());
  if (!pool) return std::unexpected(Errors{pool.error()});
  std::vector<std::string> notes = std::move(files.notes);
  notes.insert(notes.end(), first_pass->notes.begin(), first_pass->notes.end());
  return std::make_shared<PatternSetImpl>(std::move(*rules), std::move(*first_pass),
                                          std::move(*pool), version, std::move(notes), hooks);
}

std::expected<std::shared_ptr<const PatternSet>, Errors> Load(const LoadOptions& options) {
  return LoadWith(options, EngineHooks{});
}

}  // namespace warifu::scan
