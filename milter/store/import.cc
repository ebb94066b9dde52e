// The directory and the ledger, both sorted by address, are walked side by side. The ledger is read
// in pages behind the last address seen, so what the walk writes never meets what it reads, and
// memory stays bounded on both engines.
//
// The first walk only looks, so that nobody waits for it, and notes what is to be written. Where
// that is little, as every night, it is written at once, each row looked at again under the
// writers' lock: what has changed meanwhile is judged anew. Where it is much, as on the first day,
// a second walk does all of it under the lock.
#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "store/history.h"
#include "store/operations.h"
#include "store/sorted_rows.h"

namespace warifu::store {
namespace {

constexpr Query kPage{
    "SELECT p.address, p.account, m.released, m.dispute FROM proofs p "
    "LEFT JOIN marks m ON m.address = p.address WHERE p.address > :last "
    "ORDER BY p.address, p.account LIMIT :count",
    "ttnn"};
constexpr std::int64_t kPageRows = 20'000;
constexpr Query kDisputedWithoutOwner{
    "SELECT m.address FROM marks m WHERE m.dispute IS NOT NULL "
    "AND NOT EXISTS (SELECT 1 FROM proofs p WHERE p.address = m.address)",
    "t"};
constexpr std::uint64_t kProgressEvery = 10'000;
constexpr std::size_t kAtOnce = 5'000;   // new rows
constexpr std::size_t kLittle = 20'000;  // rows that differ

struct LedgerRow {
  std::string address;
  Accounts owners;
  std::optional<WallTime> released;
  std::optional<DisputeKind> dispute;
};

// The ledger from its first address on.
class LedgerReader {
 public:
  explicit LedgerReader(Connection& connection) : connection_(connection) {}

  // The row that the reader stands at, or null at the end.
  const LedgerRow* Peek() {
    if (next_ == page_.size() && !ended_) ReadPage();
    return next_ < page_.size() ? &page_[next_] : nullptr;
  }
  const LedgerRow* Next() {
    ++next_;
    return Peek();
  }

 private:
  void ReadPage() {
    page_.clear();
    next_ = 0;
    const auto rows = connection_.Each(kPage, {last_, count_}, [&](const Row& row) {
      if (page_.empty() || page_.back().address != row.Name(0)) {
        page_.push_back({.address = row.Name(0),
                         .owners = {},
                         .released = row.MaybeTime(2),
                         .dispute = std::nullopt});
        if (!row.IsNull(3)) page_.back().dispute = row.Kind(3, DisputeKind::kPerson);
      }
      page_.back().owners.push_back(row.Name(1));
    });
    ended_ = rows < count_;
    if (!ended_) {
      // The last address may have more owners behind the page.
      page_.pop_back();
      if (page_.empty()) {
        count_ *= 2;
        return ReadPage();
      }
    }
    if (!page_.empty()) last_ = page_.back().address;
  }

  Connection& connection_;
  std::vector<LedgerRow> page_;
  std::size_t next_ = 0;
  std::string last_;
  std::int64_t count_ = kPageRows;
  bool ended_ = false;
};

class Walk {
 public:
  // `differing`: where what is to be written is noted; null: it is written.
  Walk(Connection& connection, const ImportOptions& options, const Act& act,
       std::vector<DirectoryRow>* differing)
      : connection_(connection),
        options_(options),
        act_(act),
        differing_(differing),
        reference_(CleanText(act.reference)) {
    connection.Each(kDisputedWithoutOwner, {},
                    [&](const Row& row) { disputed_.insert(row.Name(0)); });
  }

  // `*compared`: rows that progress has been told of. Ends early when more than kLittle differ.
  Comparison Run(SortedRows& rows, std::uint64_t* compared) {
    LedgerReader ledger(connection_);
    DirectoryRow row;
    bool doubled = false;
    std::uint64_t number = 0;
    while (rows.Next(&row, &doubled)) {
      if (differing_ != nullptr && differing_->size() > kLittle) break;
      const LedgerRow* known = ledger.Peek();
      for (; known != nullptr && known->address < row.address; known = ledger.Next()) Gone(*known);
      if (known != nullptr && known->address != row.address) known = nullptr;
      if (doubled) {
        Double(row.address);
      } else if (known == nullptr) {
        Added(row);
      } else {
        Both(row, *known);
      }
      if (known != nullptr) ledger.Next();
      ++number;
      if (number % kProgressEvery == 0 && number > *compared) {
        *compared = number;
        if (options_.progress) options_.progress(rows.size(), number);
      }
    }
    for (const LedgerRow* known = ledger.Peek(); known != nullptr; known = ledger.Next()) {
      Gone(*known);
    }
    WriteNew();
    found_.rows = rows.size();
    return std::move(found_);
  }

  // Writes what a walk before has noted, where it still is so.
  void Write(const std::vector<DirectoryRow>& differing) {
    for (const DirectoryRow& row : differing) {
      const AddressRecord record = ReadAddress(connection_, row.address);
      LedgerRow known{.address = row.address,
                      .owners = record.Owners(),
                      .released = record.released,
                      .dispute = std::nullopt};
      if (record.dispute) known.dispute = record.dispute->kind;
      if (row.accounts.empty()) {
        Gone(known);
      } else if (known.owners.empty()) {
        if (!known.dispute) Added(row);
      } else {
        Both(row, known);
      }
    }
    WriteNew();
  }

 private:
  // True when it is to be written now; else it is noted, without accounts when it is gone.
  bool Writes(std::string_view address, const Accounts& accounts) {
    if (differing_ == nullptr) return true;
    differing_->push_back({.address = std::string(address), .accounts = accounts});
    return false;
  }

  void Gone(const LedgerRow& known) {
    ++found_.gone;
    if (!options_.write || known.released) return;
    if (Writes(known.address, {})) MarkReleased(connection_, known.address, act_);
  }

  void Double(const std::string& address) {
    ++found_.doubled;
    if (found_.doubles.size() < options_.listed) found_.doubles.push_back(address);
  }

  void Added(const DirectoryRow& row) {
    ++found_.added;
    // Someone has marked it: it is proven by a person's word only.
    if (!options_.write || disputed_.contains(row.address)) return;
    if (!Writes(row.address, row.accounts)) return;
    for (const std::string& account : row.accounts) new_.push_back({row.address, account});
    if (new_.size() >= kAtOnce) WriteNew();
  }

  void WriteNew() {
    connection_.AddProofs(new_, act_.at, "import", reference_);
    new_.clear();
  }

  void Both(const DirectoryRow& row, const LedgerRow& known) {
    // What a person, a notice or a flow has marked is not written to.
    const bool write =
        options_.write && known.dispute.value_or(DisputeKind::kPin) == DisputeKind::kPin;
    if (Share(row.accounts, known.owners)) {
      ++found_.same;
      const bool differs = row.accounts != known.owners;
      if (differs) ++found_.differs;
      if (!write || (!differs && !known.released && !known.dispute)) return;
      if (!Writes(row.address, row.accounts)) return;
      if (known.released) ClearReleased(connection_, row.address, act_);
      if (known.dispute) EndPinDispute(connection_, row.address, act_);
      if (differs) Move(connection_, row.address, known.owners, row.accounts, 0, "import", act_);
      return;
    }
    if (const auto change = Explanation(row, known)) {
      ++found_.explained;
      if (write && Writes(row.address, row.accounts)) {
        Move(connection_, row.address, known.owners, row.accounts, *change,
             *change != 0 ? "change" : "import", act_);
      }
      return;
    }
    ++found_.swapped;
    if (found_.swaps.size() < options_.listed) {
      found_.swaps.push_back({row.address, row.accounts, known.owners});
    }
    if (options_.dispute && !known.dispute && Writes(row.address, row.accounts)) {
      AddDispute(
          connection_, row.address,
          {.kind = DisputeKind::kPin,
           .since = act_.at,
           .reference = act_.reference,
           .detail = "directory says " + Join(row.accounts) + ", proven is " + Join(known.owners)},
          act_);
    }
  }

  // The change that explains a move; 0 where the address has been free for long enough.
  std::optional<std::int64_t> Explanation(const DirectoryRow& row, const LedgerRow& known) {
    if (known.released && *known.released + options_.cool_off <= act_.at) return 0;
    for (const Change& change : ChangesOf(connection_, row.address, act_.at)) {
      if (Explains(change, known.owners, row.accounts, act_.at)) return change.id;
    }
    return std::nullopt;
  }

  Connection& connection_;
  const ImportOptions& options_;
  const Act& act_;
  std::vector<DirectoryRow>* const differing_;
  const std::string reference_;
  std::set<std::string> disputed_;  // without an owner
  std::vector<NewProof> new_;       // not yet written
  Comparison found_;
};

std::string Summary(const Comparison& found) {
  return std::to_string(found.rows) + " rows: " + std::to_string(found.added) + " new, " +
         std::to_string(found.same) + " as before, " + std::to_string(found.explained) +
         " moved, " + std::to_string(found.gone) + " gone, " + std::to_string(found.swapped) +
         " swapped, " + std::to_string(found.doubled) + " doubled";
}

// An empty directory is a failed export, not a company that has closed.
bool Refused(const Comparison& found, const ImportOptions& options) {
  return options.write &&
         (found.swapped > options.max_unexplained || (found.rows == 0 && found.gone > 0));
}

}  // namespace

Comparison ImportDirectory(Connection& connection, SortedRows& rows, const ImportOptions& options,
                           const Act& act) {
  std::uint64_t compared = 0;
  std::vector<DirectoryRow> differing;
  connection.BeginRead();
  Transaction look(connection);
  Comparison found = Walk(connection, options, act, &differing).Run(rows, &compared);
  look.Commit();
  const bool little = differing.size() <= kLittle;
  found.refused = little && Refused(found, options);
  if (found.refused || (!options.write && differing.empty())) return found;

  connection.BeginWrite();
  Transaction write(connection);
  Walk walk(connection, options, act, nullptr);
  if (little) {
    walk.Write(differing);
  } else {
    rows.Rewind();
    found = walk.Run(rows, &compared);
    found.refused = Refused(found, options);
    if (found.refused) return found;
  }
  Record(connection, {event::kImport, "", {}, "", Summary(found)}, act);
  write.Commit();
  return found;
}

}  // namespace warifu::store
