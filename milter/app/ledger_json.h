// Ledger JSON: the records of the store as the ledger service answers them.
//
// Members without a value are left out. Internal to app's ledger_*.cc. Threads: pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.h"

namespace warifu::app {

nlohmann::ordered_json ToJson(const store::Change& change);
nlohmann::ordered_json ToJson(const store::Grant& grant);
nlohmann::ordered_json ToJson(const store::Lock& lock);
nlohmann::ordered_json ToJson(const store::ListedAccount& account);
nlohmann::ordered_json ToJson(const store::Dispute& dispute);
nlohmann::ordered_json ToJson(const store::Proof& proof);
nlohmann::ordered_json ToJson(const store::HistoryRow& row);
nlohmann::ordered_json ToJson(const store::Incident& incident);
nlohmann::ordered_json ToJson(const store::Breaker& breaker);
nlohmann::ordered_json ToJson(const store::Comparison& comparison);

std::string_view NameOf(store::ChangeState state);
bool FromName(std::string_view name, store::ChangeState* state);
std::string_view NameOf(store::LockScope scope);
bool FromName(std::string_view name, store::LockScope* scope);
std::string_view NameOf(store::DisputeKind kind);

}  // namespace warifu::app
