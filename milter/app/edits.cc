#include "app/edits.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>

#include "mail/ascii.h"

namespace warifu::app {
namespace {

Action CalledFor(const Finding& finding, const policy::Policy& policy) {
  switch (finding.ownership) {
    case Ownership::kOnlyRecipient:
      return Action::kAccept;
    case Ownership::kSelfDisclosure:
      return policy.self_disclosure;
    default:
      return finding.action;
  }
}

bool IsText(Region region) {
  return region == Region::kBody || region == Region::kQuoted || region == Region::kSignature;
}

// A string that is met by chance nowhere: it may be masked outside of what was found, too.
bool IsDistinctive(std::string_view secret) {
  constexpr std::size_t kShortest = 6;
  bool letters = false, digits = false, others = false;
  for (const char c : secret) {
    const bool digit = c >= '0' && c <= '9';
    (digit ? digits : mail::IsAlnum(c) ? letters : others) = true;
  }
  return secret.size() >= kShortest && letters + digits + others >= 2;
}

// Whether no letter or digit of ASCII continues the word at either end.
bool IsWord(std::string_view text, Span span) {
  const auto joined = [&](std::size_t left) {
    return mail::IsAlnum(text[left]) && mail::IsAlnum(text[left + 1]);
  };
  return (span.begin == 0 || !joined(span.begin - 1)) &&
         (span.end == text.size() || !joined(span.end - 1));
}

class EditPlanner {
 public:
  EditPlanner(const Content& content, const Settings& settings, bool whole)
      : message_(content.message), max_lines_(settings.strip_max_lines), whole_(whole) {}

  Result<FindingEdit> EditFor(const Finding& finding, Action action) const {
    if (!whole_) return Refuse("the mail is larger than limits.message");
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
    // What lies between its records is the mail's own text.
    if (finding.rows > 1 && action != Action::kStrip)
      return Refuse("too many records to mask each");
    FindingEdit edit;
    const auto added = action == Action::kStrip ? AddCuts(finding, secret, &edit.cuts)
                                                : AddMasks(finding, secret, &edit.masks);
    if (!added) return std::unexpected(added.error());
    return edit;
  }

 private:
  static std::unexpected<Error> Refuse(std::string why) {
    return Fail(ErrorKind::kInvalid, std::move(why));
  }

  // Whether the segment is the finding's own, or shows the same text in another form.
  bool ShowsTheSame(std::size_t index, const Finding& finding) const {
    const int alternative = message_.segments[finding.segment].alternative;
    return index == finding.segment ||
           (alternative > 0 && message_.segments[index].alternative == alternative);
  }

  Result<void> AddCuts(const Finding& finding, std::string_view secret,
                       std::vector<mail::Cut>* cuts) const {
    for (std::size_t i = 0; i < message_.segments.size(); ++i) {
      if (!ShowsTheSame(i, finding)) continue;
      if (auto added = AddCutsIn(i, secret, cuts); !added) return added;
    }
    return {};
  }

  // Every place where the secret shows in this segment must lie in its last region.
  Result<void> AddCutsIn(std::size_t index, std::string_view secret,
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

  Result<void> AddMasks(const Finding& finding, std::string_view secret,
                        std::vector<mail::Place>* masks) const {
    const bool everywhere = IsDistinctive(secret);
    const auto add = [&](const mail::Place& place) -> Result<void> {
      const bool field = !message_.segments[place.segment].field.empty();
      if (field) {
        if (auto change = mail::MaskField(message_, {place}); !change) {
          return std::unexpected(change.error());
        }
      } else if (auto cuts = mail::MaskCuts(message_, place); !cuts) {
        return std::unexpected(cuts.error());
      }
      masks->push_back(place);
      return {};
    };
    if (auto own = add({finding.segment, finding.secret}); !own) return own;
    for (std::size_t i = 0; i < message_.segments.size(); ++i) {
      if (!everywhere && (i == finding.segment || !ShowsTheSame(i, finding))) continue;
      const std::string& text = message_.segments[i].text;
      for (std::size_t at = text.find(secret); at != std::string::npos;
           at = text.find(secret, at + secret.size())) {
        const mail::Place place{i, {at, at + secret.size()}};
        if (!IsWord(text, place.span)) continue;
        if (i == finding.segment && place.span == finding.secret) continue;
        if (auto other = add(place); !other) return other;
      }
    }
    return {};
  }

  const mail::Message& message_;
  const int max_lines_;
  const bool whole_;
};

// The masks of all findings as cuts, and as fields; places that overlap are one.
class MaskSet {
 public:
  explicit MaskSet(const mail::Message& message) : message_(message) {}

  void Add(const mail::Place& place) { spans_[place.segment].push_back(place.span); }

  // Leaves out what lies in one of `cuts` already.
  Result<void> Take(std::vector<mail::Cut>* cuts, std::vector<mail::FieldChange>* fields) {
    for (auto& [segment, spans] : spans_) {
      const std::vector<mail::Place> places = Joined(segment, &spans);
      if (!message_.segments[segment].field.empty()) {
        Result<mail::FieldChange> change = mail::MaskField(message_, places);
        if (!change) return std::unexpected(std::move(change.error()));
        fields->push_back(*std::move(change));
        continue;
      }
      for (const mail::Place& place : places) {
        Result<std::vector<mail::Cut>> masks = mail::MaskCuts(message_, place);
        if (!masks) return std::unexpected(std::move(masks.error()));
        for (mail::Cut& mask : *masks) masks_.push_back(std::move(mask));
      }
    }
    const std::size_t stripped = cuts->size();
    const auto place = [](const mail::Cut& cut) {
      return std::tuple(cut.part, cut.content.begin, cut.content.end);
    };
    std::ranges::sort(masks_, {}, place);
    for (std::size_t i = 0; i < masks_.size(); ++i) {
      mail::Cut& mask = masks_[i];
      if (i > 0 && place(masks_[i - 1]) == place(mask)) continue;
      const bool gone =
          std::any_of(cuts->begin(), cuts->begin() + static_cast<std::ptrdiff_t>(stripped),
                      [&](const mail::Cut& cut) {
                        return cut.part == mask.part && cut.content.begin <= mask.content.begin &&
                               mask.content.end <= cut.content.end;
                      });
      if (!gone) cuts->push_back(mask);
    }
    return {};
  }

 private:
  static std::vector<mail::Place> Joined(std::size_t segment, std::vector<Span>* spans) {
    std::ranges::sort(*spans, {}, &Span::begin);
    std::vector<mail::Place> places;
    for (const Span& span : *spans) {
      if (places.empty() || places.back().span.end <= span.begin) {
        places.push_back({segment, span});
      } else {
        places.back().span.end = std::max(places.back().span.end, span.end);
      }
    }
    return places;
  }

  const mail::Message& message_;
  std::map<std::size_t, std::vector<Span>> spans_;
  std::vector<mail::Cut> masks_;
};

// The mail as it will be sent: head with its changed fields, and the new body.
std::string Assemble(const mail::Message& message, const mail::EditedBody& edited) {
  std::string raw;
  std::map<std::string, std::size_t> seen;
  for (const mail::HeaderField& field : message.fields) {
    const std::size_t occurrence = ++seen[mail::LowerAscii(field.name)];
    const auto changed = std::ranges::find_if(edited.changed_fields, [&](const auto& f) {
      return f.occurrence == occurrence && mail::EqualNoCase(f.name, field.name);
    });
    const std::string& body = changed == edited.changed_fields.end() ? field.body : changed->body;
    raw.append(field.name).append(":");
    if (!body.starts_with(' ') && !body.starts_with('\t')) raw.append(" ");
    raw.append(body).append("\r\n");
  }
  return raw.append("\r\n").append(edited.body);
}

}  // namespace

EditPlan PlanEdits(const Content& content, const Settings& settings, bool whole, Budget& budget) {
  const EditPlanner planner(content, settings, whole);
  EditPlan plan;
  for (const Finding& finding : content.findings) {
    policy::EditFact fact{.possible = false, .why_not = "not called for"};
    FindingEdit edit;
    const Action action = CalledFor(finding, settings.policy);
    if (action == Action::kStrip || action == Action::kRedact) {
      if (budget.Over()) {
        fact.why_not = budget.why();
      } else if (auto found = planner.EditFor(finding, action)) {
        edit = *std::move(found);
        fact = {.possible = true, .why_not = ""};
      } else {
        fact.why_not = found.error().text;
      }
    }
    plan.facts.push_back(std::move(fact));
    plan.edits.push_back(std::move(edit));
  }
  return plan;
}

Result<mail::EditedBody> Edit(const Snapshot& snapshot, std::string_view raw,
                              const Content& content, const EditPlan& plan,
                              std::span<const std::size_t> chosen, Budget& budget) {
  std::vector<mail::Cut> cuts;
  MaskSet masks(content.message);
  std::set<std::string> fingerprints;
  for (const std::size_t index : chosen) {
    fingerprints.insert(content.findings[index].fingerprint);
    for (const mail::Place& place : plan.edits[index].masks) masks.Add(place);
    for (const mail::Cut& cut : plan.edits[index].cuts) {
      const bool known = std::ranges::any_of(cuts, [&](const mail::Cut& other) {
        return other.part == cut.part && other.content == cut.content;
      });
      if (!known) cuts.push_back(cut);
    }
  }
  std::vector<mail::FieldChange> fields;
  if (auto taken = masks.Take(&cuts, &fields); !taken) return std::unexpected(taken.error());
  Result<mail::EditedBody> edited = mail::ApplyCuts(raw, content.message, cuts);
  if (!edited) return edited;
  edited->changed_fields = std::move(fields);

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
