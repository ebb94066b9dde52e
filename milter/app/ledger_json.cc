#include "app/ledger_json.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "base/iso_time.h"
#include "base/names.h"

namespace warifu::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr NameTable<store::ChangeState, 4> kStates = {
    {store::ChangeState::kOpen, "open"},
    {store::ChangeState::kUsed, "used"},
    {store::ChangeState::kExpired, "expired"},
    {store::ChangeState::kWithdrawn, "withdrawn"}};
constexpr NameTable<store::LockScope, 3> kScopes = {{store::LockScope::kSend, "send"},
                                                    {store::LockScope::kReceive, "receive"},
                                                    {store::LockScope::kBoth, "both"}};
constexpr NameTable<store::DisputeKind, 4> kKinds = {{store::DisputeKind::kPin, "pin"},
                                                     {store::DisputeKind::kNotice, "notice"},
                                                     {store::DisputeKind::kFlow, "flow"},
                                                     {store::DisputeKind::kPerson, "person"}};

void Put(Json* json, const char* key, const std::string& text) {
  if (!text.empty()) (*json)[key] = text;
}

void Put(Json* json, const char* key, const std::optional<WallTime>& time) {
  if (time) (*json)[key] = IsoTime(*time);
}

}  // namespace

std::string_view NameOf(store::ChangeState state) {
  return warifu::NameOf(kStates, state);
}
bool FromName(std::string_view name, store::ChangeState* state) {
  return ValueOf(kStates, name, state);
}
std::string_view NameOf(store::LockScope scope) {
  return warifu::NameOf(kScopes, scope);
}
bool FromName(std::string_view name, store::LockScope* scope) {
  return ValueOf(kScopes, name, scope);
}
std::string_view NameOf(store::DisputeKind kind) {
  return warifu::NameOf(kKinds, kind);
}

Json ToJson(const store::Change& change) {
  Json json = {{"address", change.address}};
  Put(&json, "from", change.from);
  Put(&json, "to", change.to);
  json["state"] = NameOf(change.state);
  json["announced"] = IsoTime(change.announced);
  json["valid_until"] = IsoTime(change.valid_until);
  Put(&json, "settled", change.settled);
  Put(&json, "reference", change.reference);
  Put(&json, "by", change.by);
  return json;
}

Json ToJson(const store::Grant& grant) {
  Json json = {
      {"account", grant.account}, {"target", grant.target}, {"since", IsoTime(grant.since)}};
  Put(&json, "until", grant.until);
  Put(&json, "reference", grant.reference);
  Put(&json, "by", grant.by);
  return json;
}

Json ToJson(const store::Lock& lock) {
  Json json = {
      {"account", lock.account}, {"scope", NameOf(lock.scope)}, {"since", IsoTime(lock.since)}};
  Put(&json, "until", lock.until);
  Put(&json, "reason", lock.reason);
  Put(&json, "reference", lock.reference);
  Put(&json, "by", lock.by);
  return json;
}

Json ToJson(const store::ListedAccount& account) {
  Json json = {{"account", account.account}, {"locks", Json::array()}};
  for (const store::Lock& lock : account.locks) {
    json["locks"].push_back(ToJson(lock));
    json["locks"].back().erase("account");
  }
  json["notices"] = Json::array();
  for (const auto& notice : account.notices) {
    json["notices"].push_back({{"mailbox", notice.mailbox}, {"at", IsoTime(notice.at)}});
  }
  return json;
}

Json ToJson(const store::Dispute& dispute) {
  Json json = {{"kind", NameOf(dispute.kind)}, {"since", IsoTime(dispute.since)}};
  Put(&json, "reference", dispute.reference);
  Put(&json, "detail", dispute.detail);
  return json;
}

Json ToJson(const store::Proof& proof) {
  Json json = {
      {"account", proof.account}, {"since", IsoTime(proof.since)}, {"source", proof.source}};
  Put(&json, "reference", proof.reference);
  return json;
}

Json ToJson(const store::HistoryRow& row) {
  Json json = {{"at", IsoTime(row.act.at)}, {"kind", row.kind}};
  Put(&json, "address", row.address);
  Put(&json, "account", row.account);
  Put(&json, "before", row.before);
  Put(&json, "after", row.after);
  Put(&json, "who", row.act.who);
  Put(&json, "reference", row.act.reference);
  Put(&json, "why", row.act.why);
  return json;
}

Json ToJson(const store::Incident& incident) {
  Json json = {{"reference", incident.reference},
               {"at", IsoTime(incident.at)},
               {"kind", incident.kind},
               {"action", incident.action},
               {"state", incident.state}};
  if (incident.times > 1) json["times"] = incident.times;
  Put(&json, "latest", incident.latest);
  Put(&json, "gateway", incident.gateway);
  Put(&json, "queue_id", incident.queue_id);
  Put(&json, "account", incident.account);
  Put(&json, "client", incident.client);
  Put(&json, "sender", incident.sender);
  Put(&json, "recipients", incident.recipients);
  Put(&json, "reasons", incident.reasons);
  Put(&json, "summary", incident.summary);
  if (incident.state != "open") {
    json["settled"] = {{"at", IsoTime(incident.settled.at)}, {"who", incident.settled.who}};
    Put(&json["settled"], "why", incident.settled.why);
    Put(&json["settled"], "reference", incident.settled.reference);
  }
  return json;
}

Json ToJson(const store::Breaker& breaker) {
  Json json = {{"scope", breaker.scope}, {"opened", IsoTime(breaker.opened)}};
  Put(&json, "until", breaker.until);
  Put(&json, "reason", breaker.reason);
  Put(&json, "reference", breaker.reference);
  Put(&json, "by", breaker.by);
  return json;
}

Json ToJson(const store::Comparison& comparison) {
  Json json = {{"rows", comparison.rows},           {"same", comparison.same},
               {"new", comparison.added},           {"gone", comparison.gone},
               {"explained", comparison.explained}, {"swapped", comparison.swapped},
               {"doubled", comparison.doubled},     {"refused", comparison.refused},
               {"doubles", comparison.doubles},     {"swaps", Json::array()}};
  for (const auto& swap : comparison.swaps) {
    json["swaps"].push_back(
        {{"address", swap.address}, {"directory", swap.directory}, {"proven", swap.ledger}});
  }
  return json;
}

}  // namespace warifu::app
