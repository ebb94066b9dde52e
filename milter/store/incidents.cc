#include "base/utf8.h"
#include "store/history.h"
#include "store/operations.h"

namespace warifu::store {
namespace {

constexpr Query kKnown{"SELECT count(*) FROM incidents WHERE reference = :reference", "n"};
constexpr Query kInsert{
    "INSERT INTO incidents (reference, happened, kind, action, gateway, queue_id, account, client, "
    "sender, recipients, reasons, summary, state, settled_by, settled_reference, settled_why) "
    "VALUES (:reference, :happened, :kind, :action, :gateway, :queue_id, :account, :client, "
    ":sender, :recipients, :reasons, :summary, :state, '', '', '')"};

constexpr std::string_view kColumns = "tntttttttttttntttnn";
// Each condition is switched off by an empty word beside it. Recipients stand in one text, each
// followed and preceded by ", " once the ends are added.
constexpr Query kSearch{
    "SELECT reference, happened, kind, action, gateway, queue_id, account, client, sender, "
    "recipients, reasons, summary, state, settled, settled_by, settled_reference, settled_why, "
    "times, latest FROM incidents WHERE coalesce(latest, happened) >= :since AND (:no_state = '' "
    "OR state = :state) "
    "AND (:no_text = '' OR reference = :reference OR queue_id = :queue_id OR account = :account "
    "OR lower(sender) = lower(:sender) "
    "OR lower(', ' || recipients || ',') LIKE lower(:recipient) ESCAPE '!') "
    "ORDER BY happened DESC, reference LIMIT :count",
    kColumns};
constexpr Query kSettle{
    "UPDATE incidents SET state = :state, settled = :at, settled_by = :who, "
    "settled_reference = :reference, settled_why = :why "
    "WHERE reference = :incident AND state = 'open'"};
constexpr Query kRepeat{
    "UPDATE incidents SET times = times + 1, latest = :at WHERE reference = :reference"};
constexpr Query kState{"SELECT state FROM incidents WHERE reference = :reference", "t"};
constexpr Query kAccount{"SELECT account FROM incidents WHERE reference = :reference", "t"};

constexpr std::size_t kMostRecipients = 1'000;  // bytes

Incident ReadIncident(const Row& row) {
  Incident incident{.reference = row.Name(0),
                    .at = row.Time(1),
                    .times = static_cast<std::uint64_t>(row.Number(17)),
                    .latest = row.MaybeTime(18),
                    .kind = row.Text(2),
                    .action = row.Text(3),
                    .gateway = row.Text(4),
                    .queue_id = row.Text(5),
                    .account = row.Text(6),
                    .client = row.Text(7),
                    .sender = row.Text(8),
                    .recipients = row.Text(9),
                    .reasons = row.Text(10),
                    .summary = row.Text(11),
                    .state = row.Name(12),
                    .settled = {}};
  if (const auto settled = row.MaybeTime(13)) {
    incident.settled = {
        .who = row.Text(14), .at = *settled, .reference = row.Text(15), .why = row.Text(16)};
  }
  return incident;
}

}  // namespace

std::string AmongRecipients(std::string_view text) {
  std::string pattern = "%, ";
  for (const char c : text) {
    if (c == '!' || c == '%' || c == '_') pattern += '!';
    pattern += c;
  }
  return pattern + ",%";
}

void AddIncident(Connection& connection, const Incident& incident) {
  if (incident.reference.empty()) {
    throw Failure(ErrorKind::kInvalid, "an incident without a reference");
  }
  if (connection.Number(kKnown, {incident.reference}) > 0) {
    throw Failure(ErrorKind::kInvalid, "incident " + incident.reference + " is there already");
  }
  const std::string recipients = CleanText(incident.recipients);
  connection.Run(
      kInsert,
      {incident.reference, incident.at, incident.kind, incident.action, CleanText(incident.gateway),
       CleanText(incident.queue_id), CleanText(incident.account), CleanText(incident.client),
       CleanText(incident.sender), ClipUtf8(recipients, kMostRecipients),
       CleanText(incident.reasons), CleanText(incident.summary), incident.state});
}

bool RepeatIncident(Connection& connection, const Incident& incident) {
  if (connection.Run(kRepeat, {incident.at, incident.reference}) == 0) {
    AddIncident(connection, incident);
    return true;
  }
  std::string state;
  connection.Each(kState, {incident.reference}, [&](const Row& row) { state = row.Text(0); });
  return state == "open";
}

std::vector<Incident> ReadIncidents(Connection& connection, const IncidentQuery& query) {
  std::vector<Incident> incidents;
  const std::string text = CleanText(query.text);
  connection.Each(kSearch,
                  {query.since, query.state, query.state, text, text, text, text, text,
                   AmongRecipients(text), query.limit},
                  [&](const Row& row) { incidents.push_back(ReadIncident(row)); });
  return incidents;
}

bool SettleIncident(Connection& connection, std::string_view reference, std::string_view state,
                    const Act& act) {
  if (state.empty() || state == "open") {
    throw Failure(ErrorKind::kInvalid, "an incident is settled as released or closed");
  }
  const std::string who = CleanText(act.who), why = CleanText(act.why),
                    ticket = CleanText(act.reference);
  if (connection.Run(kSettle, {state, act.at, who, ticket, why, reference}) == 0) return false;
  Accounts accounts;
  connection.Each(kAccount, {reference}, [&](const Row& row) {
    if (!row.Text(0).empty()) accounts.push_back(row.Text(0));
  });
  Record(
      connection,
      {event::kIncident, "", accounts, "open", std::string(reference) + " " + std::string(state)},
      act);
  return true;
}

}  // namespace warifu::store
