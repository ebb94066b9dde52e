#include "app/strip.h"

#include <algorithm>
#include <set>
#include <string>

#include "mail/ascii.h"

namespace warifu::app {
namespace {

bool CallsForStrip(const Finding& finding, const policy::Policy& policy) {
  switch (finding.ownership) {
    case Ownership::kOnlyRecipient:
      return false;
    case Ownership::kSelfDisclosure:
      return policy.self_disclosure == Action::kStrip;
    default:
      return finding.action == Action::kStrip;
  }
}

bool IsText(Region region) {
  return region == Region::kBody || region == Region::kQuoted || region == Region::kSignature;
}

class StripPlanner {
 public:
  StripPlanner(const Content& content, const Settings& settings)
      : message_(content.message), max_lines_(settings.strip_max_lines) {}

  Result<std::vector<mail::Cut>> CutsFor(const Finding& finding) const {
    if (message_.is_signed) return Refuse("the mail is signed");
    if (message_.is_encrypted) return Refuse("the mail is encrypted");
    const std::vector<Segment>& segments = message_.segments;
    if (finding.segment >= segments.size()) return Refuse("the finding lies in no segment");
    const Segment& segment = segments[finding.segment];
    if (finding.secret.end > segment.text.size() || finding.secret.empty()) {
      return Refuse("the finding has no place");
    }
    const std::string_view secret =
        std::string_view(segment.text).substr(finding.secret.begin, finding.secret.size());
    std::vector<mail::Cut> cuts;
    for (std::size_t i = 0; i < segments.size(); ++i) {
      const bool form_of_same =
          segment.alternative > 0 && segments[i].alternative == segment.alternative;
      if (i != finding.segment && !form_of_same) continue;
      if (auto added = AddCuts(i, secret, &cuts); !added) return std::unexpected(added.error());
    }
    return cuts;
  }

 private:
  static std::unexpected<Error> Refuse(std::string why) {
    return Fail(ErrorKind::kInvalid, std::move(why));
  }

  // Every place where the secret shows in this segment must lie in its last region.
  Result<void> AddCuts(std::size_t index, std::string_view secret,
                       std::vector<mail::Cut>* cuts) const {
    const Segment& segment = message_.segments[index];
    for (std::size_t at = segment.text.find(secret); at != std::string::npos;
         at = segment.text.find(secret, at + 1)) {
      if (!IsText(segment.RegionAt(at))) return Refuse("not in the text of the mail");
      Result<mail::Cut> cut = mail::CutOfLastRegion(message_, index, at, max_lines_);
      if (!cut) return std::unexpected(cut.error());
      const bool known = std::ranges::any_of(*cuts, [&](const mail::Cut& other) {
        return other.part == cut->part && other.content == cut->content;
      });
      if (!known) cuts->push_back(*std::move(cut));
    }
    return {};
  }

  const mail::Message& message_;
  const int max_lines_;
};

// The mail as it will be sent: head with its changed fields, and the new body.
std::string Assemble(const mail::Message& message, const mail::EditedBody& edited) {
  std::string raw;
  for (const mail::HeaderField& field : message.fields) {
    const auto changed = std::ranges::find_if(edited.changed_fields, [&](const auto& f) {
      return mail::EqualNoCase(f.name, field.name);
    });
    const std::string& body = changed == edited.changed_fields.end() ? field.body : changed->body;
    raw.append(field.name).append(":");
    if (!body.starts_with(' ') && !body.starts_with('\t')) raw.append(" ");
    raw.append(body).append("\r\n");
  }
  return raw.append("\r\n").append(edited.body);
}

}  // namespace

StripPlan PlanStrips(const Content& content, const Settings& settings) {
  const StripPlanner planner(content, settings);
  StripPlan plan;
  for (const Finding& finding : content.findings) {
    policy::StripFact fact{.possible = false, .why_not = "not called for"};
    std::vector<mail::Cut> cuts;
    if (CallsForStrip(finding, settings.policy)) {
      if (auto found = planner.CutsFor(finding)) {
        cuts = *std::move(found);
        fact = {.possible = true, .why_not = ""};
      } else {
        fact.why_not = found.error().text;
      }
    }
    plan.facts.push_back(std::move(fact));
    plan.cuts.push_back(std::move(cuts));
  }
  return plan;
}

Result<mail::EditedBody> Strip(const Snapshot& snapshot, std::string_view raw,
                               const Content& content, const StripPlan& plan,
                               std::span<const std::size_t> chosen, Budget& budget) {
  std::vector<mail::Cut> cuts;
  std::set<std::string> fingerprints;
  for (const std::size_t index : chosen) {
    fingerprints.insert(content.findings[index].fingerprint);
    for (const mail::Cut& cut : plan.cuts[index]) {
      const bool known = std::ranges::any_of(cuts, [&](const mail::Cut& other) {
        return other.part == cut.part && other.content == cut.content;
      });
      if (!known) cuts.push_back(cut);
    }
  }
  Result<mail::EditedBody> edited = mail::ApplyCuts(raw, content.message, cuts);
  if (!edited) return edited;

  const Content again = InspectContent(
      snapshot, mail::Parse(Assemble(content.message, *edited), snapshot.settings.limits), budget);
  for (const Finding& finding : again.findings) {
    if (fingerprints.contains(finding.fingerprint)) {
      return Fail(ErrorKind::kInvalid, "the secret shows elsewhere in the mail");
    }
  }
  if (budget.Over()) return Fail(ErrorKind::kTemporary, std::string(budget.why()));
  return edited;
}

}  // namespace warifu::app
