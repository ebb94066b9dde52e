#include "store/history.h"
#include "store/operations.h"

namespace warifu::store {
namespace {

constexpr Query kDelete{"DELETE FROM marks WHERE address = :address"};
constexpr Query kInsert{
    "INSERT INTO marks (address, released, dispute, disputed, dispute_reference, dispute_detail) "
    "VALUES (:address, :released, :dispute, :disputed, :reference, :detail)"};
// Without a dispute: a NULL must be typed, so each shape has a statement of its own.
constexpr Query kInsertReleased{
    "INSERT INTO marks (address, released, dispute, disputed, dispute_reference, dispute_detail) "
    "VALUES (:address, :released, NULL, NULL, '', '')"};
constexpr Query kDisputes{
    "SELECT address, released, dispute, disputed, dispute_reference, dispute_detail FROM marks "
    "WHERE dispute IS NOT NULL ORDER BY disputed DESC, address LIMIT :count",
    "tnnntt"};

std::string Describe(const std::optional<Dispute>& dispute) {
  static constexpr std::string_view kNames[] = {"pin", "notice", "flow", "person"};
  if (!dispute) return "";
  return std::string(kNames[static_cast<std::size_t>(dispute->kind)]) + ": " + dispute->detail;
}

}  // namespace

Mark ReadMark(const Row& row, std::size_t first) {
  Mark mark;
  mark.released = row.MaybeTime(first);
  if (!row.IsNull(first + 1)) {
    mark.dispute = {.kind = row.Kind(first + 1, DisputeKind::kPerson),
                    .since = row.Time(first + 2),
                    .reference = row.Text(first + 3),
                    .detail = row.Text(first + 4)};
  }
  return mark;
}

void WriteMark(Connection& connection, std::string_view address, const Mark& mark) {
  connection.Run(kDelete, {address});
  if (mark.dispute) {
    connection.Run(kInsert, {address, mark.released, mark.dispute->kind, mark.dispute->since,
                             mark.dispute->reference, mark.dispute->detail});
  } else if (mark.released) {
    connection.Run(kInsertReleased, {address, mark.released});
  }
}

bool AddDispute(Connection& connection, std::string_view address, const Dispute& dispute,
                const Act& act) {
  if (address.empty()) throw Failure(ErrorKind::kInvalid, "a dispute without an address");
  const AddressRecord record = ReadAddress(connection, address);
  if (record.dispute &&
      (record.dispute->kind != DisputeKind::kPin || dispute.kind == DisputeKind::kPin)) {
    return false;
  }
  Mark mark{.released = record.released, .dispute = dispute};
  mark.dispute->reference = CleanText(dispute.reference);
  mark.dispute->detail = CleanText(dispute.detail);
  WriteMark(connection, address, mark);
  Record(
      connection,
      {event::kDispute, address, record.Owners(), Describe(record.dispute), Describe(mark.dispute)},
      act);
  return true;
}

bool EndPinDispute(Connection& connection, std::string_view address, const Act& act) {
  const AddressRecord record = ReadAddress(connection, address);
  if (!record.dispute || record.dispute->kind != DisputeKind::kPin) return false;
  WriteMark(connection, address, {.released = record.released, .dispute = std::nullopt});
  Record(connection, {event::kSettle, address, record.Owners(), Describe(record.dispute), ""}, act);
  return true;
}

std::vector<std::pair<std::string, Dispute>> ReadDisputes(Connection& connection,
                                                          std::size_t limit) {
  std::vector<std::pair<std::string, Dispute>> disputes;
  connection.Each(kDisputes, {limit}, [&](const Row& row) {
    disputes.emplace_back(row.Name(0), ReadMark(row, 1).dispute.value());
  });
  return disputes;
}

}  // namespace warifu::store
