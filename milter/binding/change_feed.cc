#include "binding/change_feed.h"

#include <map>
#include <utility>

namespace warifu::binding {
namespace {

constexpr std::chrono::hours kOverlap{1};
constexpr std::size_t kPortion = 500;  // changes of one transaction
constexpr std::size_t kMostAsked = 1'000;
constexpr std::string_view kWho = "provisioning";

std::string KeyOf(const ChangeRow& row) {
  std::string key;
  for (const auto& cell : row) {
    key += cell ? std::to_string(cell->size()) + ":" + *cell : "-";
    key += ',';
  }
  return key;
}

struct Fresh {
  std::string key;
  store::Change change;
};

std::string Names(const store::Change& change) {
  const auto name = [](const std::string& account) { return account.empty() ? "nobody" : account; };
  return "from " + name(change.from) + " to " + name(change.to);
}

std::string Contradicts(const store::Change& change, const store::Change& other) {
  return "change " + change.reference + " of " + change.address + " " + Names(change) +
         ": the same reference has been announced " + Names(other) +
         "; give this one its own, or take the other back with: warifu bind withdraw " +
         change.address;
}

bool SameMove(const store::Change& a, const store::Change& b) {
  return a.from == b.from && a.to == b.to;
}

class Reading {
 public:
  Reading(store::Store& store, WallTime now) : store_(store), now_(now) {}

  // Announces what nothing contradicts.
  Result<void> Announce(std::vector<Fresh> fresh) {
    for (std::size_t begin = 0; begin < fresh.size(); begin += kPortion) {
      const std::size_t end = std::min(fresh.size(), begin + kPortion);
      std::vector<Fresh> portion(std::make_move_iterator(fresh.begin() + static_cast<long>(begin)),
                                 std::make_move_iterator(fresh.begin() + static_cast<long>(end)));
      if (Result<void> said = AnnouncePortion(std::move(portion)); !said) return said;
    }
    return {};
  }

  void Wrong(std::string key, std::string why) {
    ++fed.wrong;
    wrong.emplace_back(std::move(key), std::move(why));
  }

  Fed fed;
  std::unordered_set<std::string> done;
  std::vector<std::pair<std::string, std::string>> wrong;  // key, why

 private:
  Result<void> AnnouncePortion(std::vector<Fresh> portion) {
    std::vector<Fresh> good;
    for (Fresh& one : portion) {
      const Result<std::string> against = Against(one.change);
      if (!against) return std::unexpected(against.error());
      if (against->empty()) {
        good.push_back(std::move(one));
      } else {
        Wrong(std::move(one.key), *against);
      }
    }
    std::vector<store::Change> changes;
    changes.reserve(good.size());
    for (const Fresh& one : good) changes.push_back(one.change);
    const Result<std::uint64_t> added = store_.Announce(changes, MakeAct());
    if (added) {
      fed.announced += *added;
      for (Fresh& one : good) done.insert(std::move(one.key));
      return {};
    }
    if (added.error().kind != ErrorKind::kInvalid) return std::unexpected(added.error());
    return AnnounceOneByOne(std::move(good));
  }

  // One that the store does not take keeps the others out of nothing.
  Result<void> AnnounceOneByOne(std::vector<Fresh> good) {
    for (Fresh& one : good) {
      const Result<std::uint64_t> added = store_.Announce({one.change}, MakeAct());
      if (added) {
        fed.announced += *added;
        done.insert(std::move(one.key));
      } else if (added.error().kind == ErrorKind::kInvalid) {
        Wrong(std::move(one.key), added.error().text);
      } else {
        return std::unexpected(added.error());
      }
    }
    return {};
  }

  // Why it cannot be; "" where nothing is against it.
  Result<std::string> Against(const store::Change& change) {
    const auto [it, first] = named_.try_emplace({change.address, change.reference}, change);
    if (!first && !SameMove(it->second, change)) return Contradicts(change, it->second);
    for (const store::ChangeState state : {store::ChangeState::kOpen, store::ChangeState::kUsed}) {
      const auto known = store_.Changes(change.address, state, kMostAsked);
      if (!known) return std::unexpected(known.error());
      for (const store::Change& other : *known) {
        if (other.reference == change.reference && !SameMove(other, change)) {
          return Contradicts(change, other);
        }
      }
    }
    return "";
  }

  store::Act MakeAct() const {
    return {.who = std::string(kWho), .at = now_, .reference = "", .why = "announced"};
  }

  store::Store& store_;
  const WallTime now_;
  std::map<std::pair<std::string, std::string>, store::Change> named_;  // address and reference
};

}  // namespace

Result<Fed> ChangeFeed::Read(const ChangeSource& source, store::Store& store,
                             const Options& options, WallTime now) {
  const Result<std::vector<ChangeRow>> rows = source.Read(since_);
  if (!rows) return std::unexpected(rows.error());
  Reading reading(store, now);
  std::vector<Fresh> fresh;
  for (const ChangeRow& row : *rows) {
    ++reading.fed.rows;
    std::string key = KeyOf(row);
    if (done_.contains(key)) {
      reading.done.insert(std::move(key));
      continue;
    }
    ChangeReading read = ReadChange(row, options, now);
    switch (read.kind) {
      case ChangeReading::Kind::kValid:
        read.change.by = kWho;
        fresh.push_back({std::move(key), std::move(read.change)});
        break;
      case ChangeReading::Kind::kAhead:
        ++reading.fed.ahead;
        break;
      case ChangeReading::Kind::kOver:
        reading.done.insert(std::move(key));
        break;
      case ChangeReading::Kind::kWrong:
        reading.Wrong(std::move(key), std::move(read.error));
        break;
    }
  }
  Result<void> announced = reading.Announce(std::move(fresh));
  if (!announced) {
    done_.merge(reading.done);
    announced.error().text = "the store: " + announced.error().text;
    return std::unexpected(std::move(announced.error()));
  }
  Rows told;
  std::size_t news = 0;
  for (auto& [key, why] : reading.wrong) {
    const bool before = told_.contains(key);
    if (!told.insert(std::move(key)).second || before) continue;
    if (++news <= kMostTold) reading.fed.lines.push_back(std::move(why));
  }
  if (news > kMostTold) {
    reading.fed.lines.push_back("and " + std::to_string(news - kMostTold) + " more rows are wrong");
  }
  done_ = std::move(reading.done);
  told_ = std::move(told);
  if (reading.fed.ahead == 0 && reading.fed.wrong == 0) since_ = now - kOverlap;
  return std::move(reading.fed);
}

}  // namespace warifu::binding
