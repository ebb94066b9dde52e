// Table keys: an address as the tables of Postfix name it, and their rows as addresses.
//
// One place for the order of lookups, the spelling of keys and the reading of values, shared by all
// directories. Internal to binding. Threads: pure.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "store/store.h"

namespace warifu::binding {

// "local", its sub-address and "@domain" run together; "" for what is not there.
std::string Key(std::string_view local, std::string_view sub, std::string_view domain);

struct TableKey {
  std::string text;
  bool by_domain = false;  // "@domain"
  // What the text was made of.
  std::string local, domain;
};

enum class Spelling : std::uint8_t {
  kCanonical,  // one spelling: local parts without quotes, A-labels
  kPostfix,    // those that Postfix may ask for: quoted where it must be and as it is, A- and
               // U-labels
};

// The keys of an address in Postfix's order (directory.h). `bare`: names without a domain count.
std::vector<TableKey> KeysOf(const Address& address, bool bare, Spelling spelling);

// Accounts between commas and blanks: canonical, sorted, each once.
std::vector<std::string> SplitOwners(std::string_view value);

// Whole values as accounts: the same, but nothing is split.
std::vector<std::string> OwnersOfValues(const std::vector<std::string>& values);

// The key as lookups spell it: canonical, its sub-address kept. kInvalid: no address.
Result<std::string> CanonicalKey(std::string_view key);

// Turns rows of a whole table into addresses with their owners. A bare name stands for one address
// in each local domain; a row for a whole domain or for a sub-address is nobody's mailbox, and what
// is no address can be no mail's: these give nothing.
class RowReader {
 public:
  RowReader(AddressOptions options, std::vector<std::string> local_domains)
      : options_(std::move(options)), local_domains_(std::move(local_domains)) {}

  void Add(std::string_view key, const std::vector<std::string>& owners);
  // False when nothing is left of what was added.
  bool Next(store::DirectoryRow* row);

 private:
  const AddressOptions options_;
  const std::vector<std::string> local_domains_;
  std::deque<store::DirectoryRow> ready_;
};

}  // namespace warifu::binding
