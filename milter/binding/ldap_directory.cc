// A directory in LDAP, asked by the operator's own filter.
#include <utility>

#include "binding/keyed_directory.h"
#include "binding/ldap_door.h"
#include "binding/query_text.h"

namespace warifu::binding {
namespace {

using SessionPool = LanePool<LdapSession>;

constexpr int kPage = 1'000;

SessionPool::Opener OpenerOf(const LdapOptions& options, std::chrono::milliseconds timeout) {
  return [options, timeout] { return OpenLdapSession(options, timeout); };
}

std::string FilterFor(const QueryText& filter, const TableKey& key) {
  return filter.Write([&key](std::string_view name) {
    return EscapedFilterValue(name == "address" ? key.text
                              : name == "local" ? key.local
                                                : key.domain);
  });
}

// NUL is passed over: slapd finds a value that ends in one by the value without.
bool Fits(const QueryText& filter, const TableKey& key) {
  return !key.text.contains('\0') && !(key.local.empty() && filter.Uses("local")) &&
         !(key.domain.empty() && filter.Uses("domain"));
}

class LdapSource final : public KeySource {
 public:
  LdapSource(LdapOptions ldap, ServerOptions server)
      : ldap_(std::move(ldap)),
        filter_(std::make_shared<const QueryText>(
            QueryText::ParseFilter(ldap_.filter, {"address", "local", "domain"}))),
        server_(server),
        pool_({.lanes = server.connections, .spare = 2 * server.connections},
              OpenerOf(ldap_, server.timeout)) {}

  Result<std::optional<KeyHit>> First(std::vector<TableKey> keys) const override {
    return pool_.Run(
        [filter = filter_,
         keys = std::move(keys)](LdapSession& session) -> Result<std::optional<KeyHit>> {
          for (std::size_t i = 0; i < keys.size(); ++i) {
            if (!Fits(*filter, keys[i])) continue;
            const auto entries = session.Search(FilterFor(*filter, keys[i]));
            if (!entries) return std::unexpected(entries.error());
            std::vector<std::string> accounts;
            for (const LdapEntry& entry : *entries) {
              accounts.insert(accounts.end(), entry.accounts.begin(), entry.accounts.end());
            }
            KeyHit hit{i, OwnersOfValues(accounts)};
            if (!hit.owners.empty()) return hit;
          }
          return std::nullopt;
        },
        server_.timeout, Retry::kOnce);
  }

  const QueryText& filter() const { return *filter_; }
  Spelling spelling() const override { return Spelling::kCanonical; }
  std::string Describe() const override {
    return "LDAP, up to " + std::to_string(server_.connections) + " connections";
  }

  Result<void> Probe() const override {
    const Address nobody{"warifu-probe", "invalid"};
    const auto asked = First(KeysOf(nobody, false, Spelling::kCanonical));
    if (!asked) return std::unexpected(asked.error());
    return {};
  }

  LaneCounts lanes() const override { return pool_.counts(); }

  Result<store::DirectoryRows> Rows(std::shared_ptr<RowReader> reader) const override {
    if (ldap_.list_filter.empty() || ldap_.address_attribute.empty()) {
      return Fail(ErrorKind::kInvalid,
                  "directory.ldap.list_filter and ldap.address_attribute are not both set");
    }
    auto pool = std::make_shared<SessionPool>(LaneOptions{.lanes = 1, .spare = 0},
                                              OpenerOf(ldap_, server_.list_timeout));
    return [pool, reader, filter = ldap_.list_filter,
            timeout = server_.list_timeout](store::DirectoryRow* row) -> Result<bool> {
      while (!reader->Next(row)) {
        const auto entries = pool->Run(
            [filter](LdapSession& session) { return session.NextPage(filter, kPage); }, timeout);
        if (!entries) return std::unexpected(entries.error());
        if (entries->empty()) return false;
        for (const LdapEntry& entry : *entries) {
          const std::vector<std::string> owners = OwnersOfValues(entry.accounts);
          for (const std::string& address : entry.addresses) reader->Add(address, owners);
        }
      }
      return true;
    };
  }

 private:
  const LdapOptions ldap_;
  const std::shared_ptr<const QueryText> filter_;
  const ServerOptions server_;
  mutable SessionPool pool_;
};

}  // namespace

Result<std::unique_ptr<const Directory>> OpenLdapDirectory(
    const LdapOptions& ldap, const ServerOptions& server,
    const std::vector<std::string>& local_domains) {
  if (Result<void> fits = CheckLdapOptions(ldap); !fits) return std::unexpected(fits.error());
  auto source = std::make_unique<LdapSource>(ldap, server);
  if (!source->filter().Uses("address") && !source->filter().Uses("local")) {
    return Fail(ErrorKind::kInvalid, "the filter names neither :address nor :local");
  }
  return MakeKeyed(std::move(source), local_domains);
}

}  // namespace warifu::binding
