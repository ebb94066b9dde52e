#include "store/history.h"
#include "store/operations.h"

namespace warifu::store {
namespace {

// A flow that has run out is another one by now.
constexpr Query kDropFlow{"DELETE FROM flows WHERE token = :token AND expires <= :now"};
constexpr Query kAddFlow{
    "INSERT INTO flows (token, expires) VALUES (:token, :expires) "
    "ON CONFLICT (token) DO UPDATE SET expires = excluded.expires"};
// The same mail comes again when its client retries.
constexpr Query kKnownStep{
    "SELECT count(*) FROM flow_steps WHERE token = :token AND notice = :notice "
    "AND account = :account AND address = :address",
    "n"};
constexpr Query kAddStep{
    "INSERT INTO flow_steps (token, notice, account, address, happened) "
    "VALUES (:token, :notice, :account, :address, :happened)"};
constexpr Query kSteps{
    "SELECT notice, account, address, happened FROM flow_steps WHERE token = :token ORDER BY id",
    "tttn"};

constexpr Query kAddFanIn{
    "INSERT INTO fan_in (mailbox, account, notice, happened) "
    "VALUES (:mailbox, :account, :notice, :happened) "
    "ON CONFLICT (mailbox, account, notice) DO UPDATE SET happened = excluded.happened "
    "WHERE fan_in.happened < excluded.happened"};
constexpr Query kFanIn{
    "SELECT DISTINCT account FROM fan_in WHERE mailbox = :mailbox AND happened >= :since "
    "ORDER BY account",
    "t"};
Accounts ReadAccounts(Connection& connection, const Query& query, Values values) {
  Accounts accounts;
  connection.Each(query, values, [&](const Row& row) { accounts.push_back(row.Name(0)); });
  return accounts;
}

}  // namespace

std::vector<Store::FlowStep> AddFlowStep(Connection& connection, std::string_view token,
                                         const Store::FlowStep& step, WallTime expires) {
  if (token.empty()) throw Failure(ErrorKind::kInvalid, "a flow without a token");
  connection.Run(kDropFlow, {token, step.at});
  connection.Run(kAddFlow, {token, expires});
  if (connection.Number(kKnownStep, {token, step.notice, step.account, step.address}) == 0) {
    connection.Run(kAddStep, {token, step.notice, step.account, step.address, step.at});
  }
  std::vector<Store::FlowStep> steps;
  connection.Each(kSteps, {token}, [&](const Row& row) {
    steps.push_back(
        {.notice = row.Text(0), .account = row.Text(1), .address = row.Text(2), .at = row.Time(3)});
  });
  return steps;
}

Accounts AddFanIn(Connection& connection, std::string_view mailbox, std::string_view account,
                  std::string_view notice, WallTime at, WallTime since) {
  if (mailbox.empty() || account.empty()) {
    throw Failure(ErrorKind::kInvalid, "a notice without a mailbox or an account");
  }
  connection.Run(kAddFanIn, {mailbox, account, notice, at});
  return ReadAccounts(connection, kFanIn, {mailbox, since});
}

}  // namespace warifu::store
