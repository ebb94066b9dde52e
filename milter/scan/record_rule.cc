#include "scan/record_rule.h"

#include <algorithm>
#include <set>
#include <utility>

namespace warifu::scan {
namespace {

bool InRegions(const IndexSchema& schema, Region region) {
  return schema.regions.empty() ||
         std::ranges::find(schema.regions, region) != schema.regions.end();
}

std::string Describe(const IndexSchema& schema, std::size_t rows, std::size_t unnamed) {
  std::string text = schema.description.empty() ? "Row of a member table" : schema.description;
  if (rows > 1) text += ", one of " + std::to_string(rows) + " rows in this mail";
  if (unnamed > 0) text += "; " + std::to_string(unnamed) + " more are not named";
  return text;
}

}  // namespace

RecordRule::RecordRule(std::shared_ptr<const RecordIndex> index, const ActionDefaults& actions)
    : index_(std::move(index)), finder_(*index_) {
  const IndexSchema& schema = index_->schema();
  action_ = schema.action.value_or(actions.by_severity[static_cast<int>(schema.severity)]);
  bulk_action_ =
      schema.bulk_action.value_or(actions.by_severity[static_cast<int>(schema.bulk_severity)]);
  // More rows never call for less.
  bulk_action_ = std::max(action_, bulk_action_);
}

void RecordRule::Scan(std::span<const Segment> segments, const ScanContext& context,
                      ScanResult* out) const {
  const IndexSchema& schema = index_->schema();
  FindOptions options;
  options.out_of_time = &context.out_of_time;
  std::vector<Finding> found;
  std::vector<IndexMatch> matches;
  std::set<std::uint32_t> rows;
  std::set<std::pair<int, std::uint32_t>> seen;  // alternative, or part; row
  std::size_t unnamed = 0;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    if (context.out_of_time && context.out_of_time()) break;
    const Segment& segment = segments[i];
    matches.clear();
    const bool whole = finder_.Find(segment.text, options, &matches);
    for (const IndexMatch& match : matches) {
      if (!InRegions(schema, segment.RegionAt(match.secret.begin))) continue;
      const int group = segment.alternative > 0 ? segment.alternative : -1 - static_cast<int>(i);
      if (!seen.emplace(group, match.row).second) continue;
      rows.insert(match.row);
      if (found.size() < kMaxNamedRows) {
        found.push_back(Make(segment, i, match, context));
      } else {
        ++unnamed;
      }
    }
    if (!whole) break;
  }
  const bool bulk = rows.size() >= static_cast<std::size_t>(schema.bulk_rows);
  for (Finding& finding : found) {
    const bool last = &finding == &found.back();
    finding.description = Describe(schema, rows.size(), last ? unnamed : 0);
    finding.severity = bulk ? std::max(schema.severity, schema.bulk_severity) : schema.severity;
    finding.action = bulk ? bulk_action_ : action_;
    out->findings.push_back(std::move(finding));
  }
}

Finding RecordRule::Make(const Segment& segment, std::size_t at, const IndexMatch& match,
                         const ScanContext& context) const {
  const IndexSchema& schema = index_->schema();
  std::string buffer;
  Finding finding;
  finding.rule = schema.id;
  finding.tags = schema.tags;
  finding.mode = schema.observe ? Mode::kObserve : Mode::kEnforce;
  finding.segment = at;
  finding.match = match.span;
  finding.secret = match.secret;
  finding.region = segment.RegionAt(match.secret.begin);
  finding.part = segment.part;
  finding.content = segment.ToContent(match.secret);
  const std::string secret = segment.text.substr(match.secret.begin, match.secret.size());
  finding.preview = Preview(secret);
  if (context.key != nullptr) finding.fingerprint = context.key->Fingerprint(secret);
  finding.account = index_->Account(match.row, &buffer);
  finding.owner = index_->Handle(match.row, &buffer);
  return finding;
}

}  // namespace warifu::scan
