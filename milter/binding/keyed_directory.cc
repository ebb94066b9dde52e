#include "binding/keyed_directory.h"

#include <algorithm>
#include <utility>

namespace warifu::binding {
namespace {

Owners Unanswered(const Error& error) {
  const bool lasting = error.kind == ErrorKind::kInvalid || error.kind == ErrorKind::kNotFound;
  return {.status = lasting ? Lookup::kMisconfigured : Lookup::kTryLater,
          .detail = error.ToString()};
}

class KeyedDirectory final : public Directory {
 public:
  KeyedDirectory(std::unique_ptr<const KeySource> source, std::vector<std::string> local_domains)
      : source_(std::move(source)), local_domains_(std::move(local_domains)) {}

  Owners OwnersOf(const Address& address) const override {
    if (address.empty()) return {};
    const bool bare = std::ranges::find(local_domains_, address.domain) != local_domains_.end();
    std::vector<TableKey> keys = KeysOf(address, bare, source_->spelling());
    std::vector<bool> by_domain;
    by_domain.reserve(keys.size());
    for (const TableKey& key : keys) by_domain.push_back(key.by_domain);
    Result<std::optional<KeyHit>> hit = source_->First(std::move(keys));
    if (!hit) return Unanswered(hit.error());
    if (!*hit) return {};
    return {.status = Lookup::kFound,
            .accounts = std::move((*hit)->owners),
            .by_domain = by_domain[(*hit)->key]};
  }

  std::size_t size() const override { return source_->size(); }
  std::string Describe() const override { return source_->Describe(); }
  Result<void> Probe() const override { return source_->Probe(); }
  LaneCounts lanes() const override { return source_->lanes(); }
  Result<store::DirectoryRows> Rows(const AddressOptions& options) const override {
    return source_->Rows(std::make_shared<RowReader>(options, local_domains_));
  }

 private:
  std::unique_ptr<const KeySource> source_;
  const std::vector<std::string> local_domains_;
};

}  // namespace

std::unique_ptr<const Directory> MakeKeyed(std::unique_ptr<const KeySource> source,
                                           std::vector<std::string> local_domains) {
  return std::make_unique<KeyedDirectory>(std::move(source), std::move(local_domains));
}

}  // namespace warifu::binding
