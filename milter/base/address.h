// Address: one mailbox, and the strict reading of address fields.
//
// Binding compares addresses, so an address has one canonical form: domain NFC, case-folded, IDNA
// (UTS 46, non-transitional) to its A-label form; local part NFC and case-folded; the sub-address
// cut at the configured delimiter. Quoted local parts that need no quotes lose them ("a"@b is a@b).
//
// ParseAddressList reads the body of From, Sender, Reply-To, Resent-* (RFC 5322 §3.4, RFC 6854
// groups, RFC 6532 UTF-8) so strictly that two programs cannot see different mailboxes in it:
// whatever mail programs are known to read differently is refused with a reason. What is unusual
// but has one reading passes.
//
// ParsePath reads the envelope forms that a milter hands over: "<a@b>", "a@b", "<>", "".
//
// SECURITY: input is hostile; parsing is linear in time and bounded in depth.
// Threads: pure.
#pragma once

#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/error.h"

namespace warifu {

struct AddressOptions {
  std::string sub_address_delimiters = "+";  // "" keeps sub-addresses
};

struct Address {
  std::string local;   // canonical
  std::string domain;  // canonical, A-labels; empty only for a bare local name
  // What was cut from the local part, with its delimiter ("+news"). No part of the identity: a
  // table may still hold a row of its own for the uncut form, as Postfix looks it up first.
  std::string sub_address = {};

  bool empty() const { return local.empty() && domain.empty(); }
  // "local@domain", the local part quoted again where it must be.
  std::string ToString() const;
  friend bool operator==(const Address& a, const Address& b) {
    return a.local == b.local && a.domain == b.domain;
  }
  friend auto operator<=>(const Address& a, const Address& b) {
    return std::tie(a.local, a.domain) <=> std::tie(b.local, b.domain);
  }
};

// One mailbox as a field shows it.
struct Mailbox {
  std::string display_name;  // UTF-8, encoded words decoded; "" when none
  std::string comment;       // text of its comments, which some programs show as a name
  Address address;
  std::string group;  // name of the RFC 6854 group it stands in, "" when none
};

struct AddressList {
  std::vector<Mailbox> mailboxes;
  std::vector<std::string> groups;  // names of all groups, those without a mailbox too
  bool has_group = false;
};

// `body`: the raw field body, folded or not, bytes as received.
// kInvalid with the reason when the field has no single reading.
Result<AddressList> ParseAddressList(std::string_view body, const AddressOptions& options);

// Envelope sender or recipient as the MTA hands it over. The null sender is an empty Address.
Result<Address> ParsePath(std::string_view path, const AddressOptions& options);

// Canonical form of a plain addr-spec, as written in tables. No brackets, no comments.
Result<Address> ParseAddrSpec(std::string_view addr, const AddressOptions& options);

// Canonical domain: A-labels, lower case, no trailing dot. Address literals ("[192.0.2.1]") pass.
Result<std::string> CanonicalDomain(std::string_view domain);

// U-labels of a canonical domain, for people and for tables that are written so; what has none, or
// none that is valid, comes back as it is.
std::string UnicodeDomain(const std::string& canonical);

// Account names compared case-folded (NFC). Never fails: bytes that are not UTF-8 stay as they are.
std::string CanonicalAccount(std::string_view account);

}  // namespace warifu
