#include "scan/row_confirm.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_set>

namespace warifu::scan {
namespace {

constexpr std::size_t kStrongIn = 3;   // of so many rows of a table, one must be strong
constexpr std::size_t kSameBegin = 2;  // characters that all secrets of a list may share

// What is known of one table's rows.
struct Table {
  bool named = false;
  std::size_t told = 0, kept = 0, strong = 0;
  std::unordered_set<std::string_view> accounts, secrets;
  std::string_view begin;    // of all strong secrets
  std::string_view verdict;  // the key that turns it down; "" when it counts
};

std::string_view CommonBegin(std::string_view a, std::string_view b) {
  const auto end = std::ranges::mismatch(a, b).in1;
  return a.substr(0, static_cast<std::size_t>(end - a.begin()));
}

// The rows of one rule in one segment.
class Judge {
 public:
  Judge(const CompiledRule& rule, const Segment& segment) : rule_(rule), text_(segment.text) {}

  void AddRefused(const FoundRow& row) { ++tables_[{row.named, row.table}].told; }

  void Add(const FoundRow& row, const Candidate& c) {
    Table& table = tables_[{row.named, row.table}];
    ++table.told;
    const std::string_view secret = text_.substr(c.secret.begin, c.secret.size());
    table.named = row.named;
    ++table.kept;
    table.secrets.insert(secret);
    table.accounts.insert(text_.substr(c.account.begin, c.account.size()));
    const bool strong = std::ranges::all_of(rule_.strong, [secret](const CompiledValidator& v) {
      return v.accepts(secret) != v.negated;
    });
    if (!strong) return;
    table.begin = table.strong++ == 0 ? secret : CommonBegin(table.begin, secret);
  }

  void Decide() {
    for (auto& [key, table] : tables_) table.verdict = Verdict(table);
  }

  std::string_view VerdictOf(const FoundRow& row) const {
    return tables_.at({row.named, row.table}).verdict;
  }

 private:
  std::string_view Verdict(const Table& table) const {
    const RecordSchema& schema = *rule_.rule.record;
    const auto wanted = static_cast<std::size_t>(table.named ? schema.headed : schema.rows);
    if (table.kept < wanted) return "rows";
    const bool list = schema.list && !table.named;
    if (list && table.kept * 2 < table.told) return "list";
    if (!rule_.strong.empty()) {
      const std::size_t least = table.named ? 1 : wanted;
      if (table.strong < least || table.strong * kStrongIn < table.kept) return "strong";
    }
    if (list && table.kept > 1 && !Varies(table)) return "list";
    return {};
  }

  bool Varies(const Table& table) const {
    const bool names = std::ranges::any_of(
        rule_.rule.record->fields, [](const RecordField& f) { return f.name == "account"; });
    return (!names || table.accounts.size() * 2 > table.kept) &&
           table.secrets.size() * 2 > table.kept &&
           (rule_.strong.empty() || table.strong < 2 || table.begin.size() <= kSameBegin);
  }

  const CompiledRule& rule_;
  std::string_view text_;
  std::map<std::pair<bool, std::uint32_t>, Table> tables_;
};

}  // namespace

void ConfirmRows(const CompiledRules& rules, std::span<const FoundRow> rows, const Segment& segment,
                 std::vector<Candidate>* out, std::vector<Refusal>* refusals) {
  std::vector<std::pair<const FoundRow*, Candidate>> kept;
  std::unordered_set<std::size_t> in_lists;  // where the secrets of lists begin
  for (std::size_t i = 0; i < rows.size();) {
    const std::uint32_t id = rows[i].rule;
    const CompiledRule& rule = rules.rules[id];
    MatchFilter filter(rule, rule.rule.info.keywords.empty(), segment);
    const bool may_fire = filter.MayFire();
    Judge judge(rule, segment);
    kept.clear();
    for (; i < rows.size() && rows[i].rule == id; ++i) {
      if (!may_fire) continue;
      const Candidate c{id, rows[i].match, rows[i].secret, rows[i].account};
      const std::string_view key = filter.Refuses(c);
      if (!key.empty()) judge.AddRefused(rows[i]);
      if (key.empty()) {
        kept.emplace_back(&rows[i], c);
        judge.Add(rows[i], c);
      } else if (refusals != nullptr) {
        refusals->push_back({c, key, filter.detail()});
      }
    }
    judge.Decide();
    for (const auto& [row, c] : kept) {
      std::string_view key = judge.VerdictOf(*row);
      const bool list = rule.rule.record->list;
      if (list && key.empty() && !in_lists.insert(c.secret.begin).second) key = "list";
      if (key.empty()) {
        out->push_back(c);
      } else if (refusals != nullptr) {
        refusals->push_back({c, key, {}});
      }
    }
  }
}

}  // namespace warifu::scan
