#include "app/settings_table.h"

#include <algorithm>
#include <cctype>

namespace warifu::app {
namespace {

constexpr std::string_view kActions = "accept|tag|strip|hold|defer|reject";
constexpr std::string_view kPlainActions = "accept|tag|hold|defer|reject";
constexpr std::string_view kLastingActions = "accept|tag|hold|reject";
constexpr std::string_view kModes = "observe|enforce";
constexpr std::string_view kAnyText = "any text";
constexpr std::string_view kAnyPath = "an absolute path";
constexpr std::string_view kNetwork = "an IP address or network";

using Row = const Setting&;
using Done = Result<void>;

template <typename Enum>
Enum Word(const Value& value) {
  Enum word{};
  FromString(value.text, &word);  // the range has been checked
  return word;
}

// The check that stands in the middle of "checks.author.mode".
Check CheckOf(std::string_view name) {
  name.remove_prefix(name.find('.') + 1);
  Check check{};
  FromString(name.substr(0, name.find('.')), &check);
  return check;
}

std::unexpected<Error> Refuse(std::string why) {
  return Fail(ErrorKind::kInvalid, std::move(why));
}

Done SetFault(Settings* s, Row row, const Value& v) {
  FaultCause cause{};
  FromString(Leaf(row.name), &cause);
  s->policy.faults[cause] = Word<Action>(v);
  return {};
}

Done SetCheckMode(Settings* s, Row row, const Value& v) {
  s->policy.check_modes[CheckOf(row.name)] = Word<Mode>(v);
  return {};
}

Done SetCheckAction(Settings* s, Row row, const Value& v) {
  s->policy.checks[CheckOf(row.name)] = Word<Action>(v);
  return {};
}

Done SetSeverityAction(Settings* s, Row row, const Value& v) {
  Severity severity{};
  FromString(Leaf(row.name), &severity);
  s->rules.actions.by_severity[static_cast<std::size_t>(severity)] = Word<Action>(v);
  return {};
}

// "unix:/path" or "inet:port@host", as libmilter writes them.
Done CheckSocket(const Value& v) {
  const std::string_view text = v.text;
  if (text.starts_with("unix:/")) {
    // sun_path holds 108 bytes; the daemon listens on a longer private name first.
    if (text.size() > 5 + 90) return Refuse("the path of the socket is longer than 90 bytes");
  } else if (text.starts_with("inet:") || text.starts_with("inet6:")) {
    const std::string_view rest = text.substr(text.find(':') + 1);
    const std::size_t at = rest.find('@');
    const Setting port{"", Kind::kInteger, "", "1..65535", "", nullptr};
    if (at == std::string_view::npos || at + 1 == rest.size() ||
        !ReadValue(port, rest.substr(0, at))) {
      return Refuse("'" + v.text + "' is not of the form inet:8899@127.0.0.1");
    }
  } else {
    return Refuse("'" + v.text + "' starts with neither unix:/ nor inet: nor inet6:");
  }
  return {};
}

Done SetStore(Settings* s, Row, const Value& v) {
  if (!v.text.empty() && !v.text.starts_with("sqlite:/") && !v.text.starts_with("postgresql:")) {
    return Refuse("'" + v.text + "' starts with neither sqlite:/ nor postgresql:");
  }
  s->store.url = v.text;
  return {};
}

Done SetSocket(Settings* s, Row, const Value& v) {
  s->socket.address = v.text;
  return CheckSocket(v);
}

Done SetSocketmap(Settings* s, Row, const Value& v) {
  s->socketmap.address = v.text;
  return v.text.empty() ? Done{} : CheckSocket(v);
}

Done SetDirectoryType(Settings* s, Row, const Value& v) {
  using Type = binding::DirectoryOptions::Type;
  s->directory.type = v.text == "table"  ? Type::kTable
                      : v.text == "lmdb" ? Type::kLmdb
                      : v.text == "cdb"  ? Type::kCdb
                      : v.text == "sql"  ? Type::kSql
                                         : Type::kLdap;
  return {};
}

// Of two settings; the loader refuses both at once.
Done SetDirectoryPath(Settings* s, Row, const Value& v) {
  if (!v.text.empty()) s->directory.path = v.text;
  return {};
}

Done SetDirectoryUrl(Settings* s, Row, const Value& v) {
  s->directory.sql.url = s->directory.ldap.url = v.text;
  return {};
}

Done SetDirectoryPassword(Settings* s, Row, const Value& v) {
  s->directory.sql.password_file = s->directory.ldap.password_file = v.text;
  return {};
}

// "stderr", "syslog" or a path.
Done CheckTarget(const Value& v) {
  if (v.text == "stderr" || v.text == "syslog" || v.text.starts_with('/')) return {};
  return Refuse("'" + v.text + "' is neither stderr nor syslog nor an absolute path");
}

Done SetLogTarget(Settings* s, Row, const Value& v) {
  s->log.target = v.text;
  return CheckTarget(v);
}

Done SetEventsTarget(Settings* s, Row, const Value& v) {
  s->events_target = v.text;
  return CheckTarget(v);
}

Done SetLogLevel(Settings* s, Row, const Value& v) {
  s->log.level = v.text == "debug"     ? incident::Level::kDebug
                 : v.text == "info"    ? incident::Level::kInfo
                 : v.text == "warning" ? incident::Level::kWarning
                                       : incident::Level::kError;
  return {};
}

Done SetRealm(Settings* s, Row, const Value& v) {
  using Rule = binding::RealmOptions::Rule;
  s->binding.realm.rule = v.text == "keep"    ? Rule::kKeep
                          : v.text == "strip" ? Rule::kStrip
                                              : Rule::kAdd;
  return {};
}

Done SetDomains(Settings* s, Row, const Value& v) {
  s->binding.local_domains.clear();
  for (const std::string& text : v.texts) {
    Result<std::string> domain = CanonicalDomain(text);
    if (!domain) return Refuse("'" + text + "' is no domain: " + domain.error().text);
    s->binding.local_domains.push_back(*std::move(domain));
  }
  return {};
}

Done ReadNetworks(const Value& v, std::vector<Network>* out) {
  out->clear();
  for (const std::string& text : v.texts) {
    Result<Network> network = ParseNetwork(text);
    if (!network) return std::unexpected(network.error());
    out->push_back(*std::move(network));
  }
  return {};
}

// The mail's own fields of that name are removed, so it must be none that mail needs.
Done SetHeader(Settings* s, Row, const Value& v) {
  const auto token = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-';
  };
  if (!v.text.starts_with("X-") || v.text.size() < 3 || v.text.size() > 60 ||
      !std::ranges::all_of(v.text, token)) {
    return Refuse("'" + v.text + "' is not X- and letters, digits or hyphens");
  }
  s->policy.header_name = v.text;
  return {};
}

Done SetSources(Settings* s, const Value& v, bool foreign) {
  std::erase_if(s->rules.sources, [&](const auto& source) { return source.foreign == foreign; });
  for (const std::string& path : v.texts) {
    if (!path.starts_with('/')) return Refuse("'" + path + "' is not an absolute path");
    s->rules.sources.push_back({path, foreign});
  }
  return {};
}

Done SetNoticePaths(Settings* s, Row, const Value& v) {
  for (const std::string& path : v.texts) {
    if (!path.starts_with('/')) return Refuse("'" + path + "' is not an absolute path");
  }
  s->notice_paths = v.texts;
  return {};
}

Done SetNoticeSources(Settings* s, Row, const Value& v) {
  s->notice_sources.clear();
  for (const std::string& text : v.texts) {
    Result<scan::NoticeSource> source = scan::ParseNoticeSource(text);
    if (!source || source->kind == scan::NoticeSource::Kind::kConfigured) {
      return Refuse("'" + text + "' is none of network:ADDRESS, listener:NAME and account:NAME");
    }
    if (source->kind == scan::NoticeSource::Kind::kNetwork) {
      if (const Result<Network> network = ParseNetwork(source->text); !network) {
        return std::unexpected(network.error());
      }
    }
    s->notice_sources.push_back(*std::move(source));
  }
  return {};
}

Done SetDirections(Settings* s, Row, const Value& v) {
  s->scan_directions.clear();
  for (const std::string& word : v.texts) {
    incident::Direction direction{};
    incident::FromString(word, &direction);
    s->scan_directions.insert(direction);
  }
  return {};
}

Done SetName(std::string* name, const Value& v) {
  if (v.text.empty()) return Refuse("a name is needed");
  *name = v.text;
  return {};
}

Done SetExemptAccounts(Settings* s, Row, const Value& v) {
  for (const std::string& text : v.texts) {
    s->exemptions.back().accounts.push_back(CanonicalAccount(text));
  }
  return {};
}

Done SetExemptRecipients(Settings* s, Row, const Value& v) {
  for (const std::string& text : v.texts) {
    // Sub-addresses are cut where the setting stands; the loader reads it first.
    Result<Address> address = ParseAddrSpec(text, s->binding.address);
    if (!address) return Refuse("'" + text + "' is no address: " + address.error().text);
    s->exemptions.back().recipients.push_back(*std::move(address));
  }
  return {};
}

Done SetBreakerScopes(Settings* s, Row, const Value& v) {
  s->breaker.acts_on.clear();
  for (const std::string& word : v.texts) {
    incident::Scope scope{};
    incident::FromString(word, &scope);
    s->breaker.acts_on.insert(scope);
  }
  return {};
}

Done SetBreakerExempt(Settings* s, Row, const Value& v) {
  s->breaker_exempt.clear();
  for (const std::string& text : v.texts) {
    Result<Address> address = ParseAddrSpec(text, s->binding.address);
    if (!address) return Refuse("'" + text + "' is no address: " + address.error().text);
    s->breaker_exempt.push_back(*std::move(address));
  }
  return {};
}

template <typename Duration = std::chrono::seconds>
Duration Time(const Value& v) {
  return std::chrono::duration_cast<Duration>(std::chrono::milliseconds(v.number));
}

Done SetExempts(Settings* s, Row, const Value& v) {
  Exemption& exemption = s->exemptions.back();
  for (const std::string& word : v.texts) {
    Check check{};
    if (FromString(word, &check)) {
      exemption.checks.insert(check);
    } else {
      exemption.content = true;
    }
  }
  return {};
}

// clang-format off
#define SET(...) [](Settings* s, Row, const Value& v) -> Done { s->__VA_ARGS__; return {}; }

// Order is that of the manual and of the annotated file.
constexpr Setting kSettings[] = {
  {"mode", Kind::kWord, "observe", kModes,
   "In observe nothing is refused, held or edited; events say what would have happened.",
   SET(policy.mode = Word<Mode>(v))},
  {"domains", Kind::kTexts, "", "a domain",
   "Domains that are served here: they tell internal from outbound mail, and whose addresses a display name may not carry.",
   SetDomains},
  {"trusted_networks", Kind::kTexts, "127.0.0.0/8, ::1", kNetwork,
   "Clients whose mail counts as our own (outbound or internal) without a login.",
   [](Settings* s, Row, const Value& v) { return ReadNetworks(v, &s->trusted_networks); }},
  {"user", Kind::kText, "warifu", kAnyText,
   "User that the daemon becomes when it is started as root; \"\" keeps the user.",
   SET(user = v.text)},
  {"pid_file", Kind::kPath, "", kAnyPath, "File for the process id; \"\" for none.",
   SET(pid_file = v.text)},
  {"cache_dir", Kind::kPath, "/var/cache/warifu", kAnyPath,
   "Folder for the compiled rules; \"\" compiles them at every start.", SET(rules.cache_dir = v.text)},

  {"socket.address", Kind::kText, "unix:/run/warifu/warifu.sock", "unix:/path or inet:port@host",
   "Where the MTA reaches the daemon.", SetSocket},
  {"socket.mode", Kind::kOctal, "0660", "0000..0777", "Permissions of a unix socket.",
   SET(socket.mode = static_cast<unsigned>(v.number))},
  {"socket.group", Kind::kText, "", kAnyText,
   "Group of a unix socket, the MTA's; \"\" leaves the daemon's own.", SET(socket.group = v.text)},
  {"socketmap.address", Kind::kText, "", "unix:/path or inet:port@host",
   "Where Postfix's transport_maps asks, so that queued mail and recipients behind aliases are "
   "deferred, too; \"\" for none.", SetSocketmap},
  {"socketmap.mode", Kind::kOctal, "0660", "0000..0777", "Permissions of a unix socket.",
   SET(socketmap.mode = static_cast<unsigned>(v.number))},
  {"socketmap.group", Kind::kText, "", kAnyText,
   "Group of a unix socket, the MTA's; \"\" leaves the daemon's own.",
   SET(socketmap.group = v.text)},
  {"socketmap.unavailable", Kind::kWord, "defer", "defer|accept",
   "Answer while the store or the directory cannot tell: the mail waits in the queue, or goes on.",
   SET(socketmap.defer_unavailable = v.text == "defer")},
  {"control.socket", Kind::kPath, "/run/warifu/control.sock", kAnyPath,
   "Socket of warifu status and warifu reload; \"\" for none.", SET(control_socket = v.text)},
  {"control.group", Kind::kText, "", kAnyText,
   "Group whose members may use it beside root and the daemon's user; \"\" for none.",
   SET(control_group = v.text)},

  {"log.target", Kind::kText, "stderr", "stderr, syslog or an absolute path",
   "Where lines for people go.", SetLogTarget},
  {"log.level", Kind::kWord, "info", "debug|info|warning|error", "The least level that is written.",
   SetLogLevel},
  {"events.target", Kind::kText, "/var/log/warifu/events.jsonl",
   "stderr, syslog or an absolute path", "Where events go, one JSON object a line.",
   SetEventsTarget},
  {"events.all", Kind::kFlag, "false", "true|false", "An event for plain clean mail, too.",
   SET(events_all = v.flag)},
  {"fingerprint.key_file", Kind::kPath, "/var/lib/warifu/fingerprint.key", kAnyPath,
   "Key of the fingerprints in events; made by the daemon where it is missing.",
   SET(fingerprint_key_file = v.text)},

  {"account.realm", Kind::kWord, "keep", "keep|strip|add",
   "What is done with the realm of a login, so that all login forms of a person become one account.",
   SetRealm},
  {"account.realm_name", Kind::kText, "", kAnyText,
   "The realm that is added, or the only one that is stripped; \"\" strips any.",
   SET(binding.realm.realm = v.text)},
  {"address.sub_address_delimiters", Kind::kText, "+", kAnyText,
   "Characters that start a sub-address, which is cut before addresses are compared; \"\" keeps it.",
   SET(binding.address.sub_address_delimiters = v.text)},
  {"directory.type", Kind::kWord, "table", "table|lmdb|cdb|sql|ldap",
   "What says which accounts own an address. Without a directory the checks sender, author and "
   "display are not made.",
   SetDirectoryType},
  {"directory.table", Kind::kPath, "", kAnyPath,
   "A text table in the source format of smtpd_sender_login_maps; the same as path, for type table.",
   SetDirectoryPath},
  {"directory.path", Kind::kPath, "", kAnyPath, "The file of a table, lmdb or cdb.",
   SetDirectoryPath},
  {"directory.url", Kind::kText, "", "sqlite:/path, postgresql: or mysql: and words, ldap(s)://host",
   "The database or LDAP server.", SetDirectoryUrl},
  {"directory.password_file", Kind::kPath, "", kAnyPath,
   "File whose first line is the password for it.", SetDirectoryPassword},
  {"directory.query", Kind::kText, "", kAnyText,
   "SQL that gives the accounts of :address (or of :local and :domain), one column.",
   SET(directory.query = v.text)},
  {"directory.list_query", Kind::kText, "", kAnyText,
   "SQL that gives every address and account, two columns, for bind import and bind audit.",
   SET(directory.list_query = v.text)},
  {"directory.timeout", Kind::kDuration, "2s", "10ms..8s",
   "Time for one lookup, also when the server accepts and never answers.",
   SET(directory.server.timeout = std::chrono::milliseconds(v.number))},
  {"directory.connections", Kind::kInteger, "4", "1..64",
   "Connections to a server; up to twice as many more may hang before all is refused at once.",
   SET(directory.server.connections = static_cast<std::size_t>(v.number))},
  {"directory.ldap.base", Kind::kText, "", "a distinguished name", "Where the search begins.",
   SET(directory.ldap.base = v.text)},
  {"directory.ldap.bind_dn", Kind::kText, "", "a distinguished name",
   "Who asks; \"\" asks without a login.", SET(directory.ldap.bind_dn = v.text)},
  {"directory.ldap.filter", Kind::kText, "", "a filter by RFC 4515",
   "What finds the owners of :address (or of :local and :domain).",
   SET(directory.ldap.filter = v.text)},
  {"directory.ldap.list_filter", Kind::kText, "", "a filter by RFC 4515",
   "What finds all entries with an address, for bind import and bind audit.",
   SET(directory.ldap.list_filter = v.text)},
  {"directory.ldap.account_attribute", Kind::kText, "uid", kAnyText,
   "Attribute whose values are the accounts.", SET(directory.ldap.account_attribute = v.text)},
  {"directory.ldap.address_attribute", Kind::kText, "mail", kAnyText,
   "Attribute whose values are the addresses, for a listing.",
   SET(directory.ldap.address_attribute = v.text)},
  {"directory.ldap.starttls", Kind::kFlag, "false", "true|false",
   "Encrypts a connection to ldap:// before anything is said.",
   SET(directory.ldap.starttls = v.flag)},
  {"directory.ldap.ca_file", Kind::kPath, "", kAnyPath,
   "Certificates of those whom to trust; \"\" for the system's.",
   SET(directory.ldap.ca_file = v.text)},
  {"directory.stale_for", Kind::kDuration, "1h", "0s..7d",
   "How long the ledger answers for proven addresses while the directory does not answer.",
   SET(stale_for = Time(v))},

  {"certificate.table", Kind::kPath, "", kAnyPath,
   "Accounts of client certificates: \"subject\" \"issuer\" account, a line each.",
   SET(identity.certificate_table = v.text)},
  {"lease.table", Kind::kPath, "", kAnyPath,
   "Accounts of client addresses: network, account, last update, a line each.",
   SET(identity.lease.table = v.text)},
  {"lease.url", Kind::kText, "", "sqlite:/path, postgresql: or mysql: and words",
   "The database that knows the leases, such as FreeRADIUS's.",
   SET(identity.lease.sql.url = v.text)},
  {"lease.password_file", Kind::kPath, "", kAnyPath,
   "File whose first line is the password for it.",
   SET(identity.lease.sql.password_file = v.text)},
  {"lease.query", Kind::kText, "", kAnyText,
   "SQL that gives account and last update (seconds since 1970) of the open leases of :ip.",
   SET(identity.lease.query = v.text)},
  {"lease.stale_after", Kind::kDuration, "20m", "10s..365d",
   "Age of its last update from which a lease counts no more: twice the interim interval.",
   SET(identity.lease.stale_after = std::chrono::seconds(v.number / 1000))},
  {"lease.timeout", Kind::kDuration, "2s", "10ms..8s", "Time for one lookup of a lease.",
   SET(identity.lease.server.timeout = std::chrono::milliseconds(v.number))},
  {"lease.networks", Kind::kTexts, "", kNetwork,
   "Clients whose leases are asked for, beside those of listeners for users.",
   [](Settings* s, Row, const Value& v) { return ReadNetworks(v, &s->identity.lease_networks); }},
  {"lease.carrier_nat", Kind::kTexts, "100.64.0.0/10", kNetwork,
   "Networks behind carrier NAT: a lease there is none.",
   [](Settings* s, Row, const Value& v) { return ReadNetworks(v, &s->identity.lease.carrier_nat); }},

  {"pin.enrol", Kind::kWord, "first-use", "first-use|import",
   "What makes an owner proven: the first accepted mail of his, or an import alone.",
   SET(pin.first_use = v.text == "first-use")},
  {"pin.unproven", Kind::kWord, "accept", "accept|tag|hold|defer",
   "Outcome of an address that was not imported, where only an import enrols.",
   SET(pin.unproven = Word<Action>(v))},
  {"pin.cool_off", Kind::kDuration, "180d", "0s..3650d",
   "How long a released address may not go to another account without an announced change.",
   SET(pin.cool_off = Time(v))},
  {"pin.recheck", Kind::kDuration, "15s", "100ms..1h",
   "How often the directory is asked about open changes and disputes.",
   SET(pin_recheck = std::chrono::milliseconds(v.number))},
  {"lock.receive", Kind::kWord, "secrets", "secrets|all",
   "What a recipient whose account is locked for receiving does not get.",
   SET(lock_refuses = v.text == "all")},
  {"spoof.forwarders", Kind::kTexts, "", kNetwork,
   "Forwarders and lists that bring our users' own mail back to us.",
   [](Settings* s, Row, const Value& v) { return ReadNetworks(v, &s->spoof_forwarders); }},
  {"breaker.scopes", Kind::kWords, "account", "account|domain|all",
   "Scopes in which the breaker may open by itself; the others are reported only.",
   SetBreakerScopes},
  {"breaker.account_alarms", Kind::kInteger, "10", "1..1000000",
   "Leaks of one account inside of the window that open its breaker.",
   SET(breaker.account_alarms = static_cast<std::uint64_t>(v.number))},
  {"breaker.domain_accounts", Kind::kInteger, "20", "1..1000000",
   "Accounts of one domain with leaks or swapped addresses that open the domain's.",
   SET(breaker.domain_accounts = static_cast<std::uint64_t>(v.number))},
  {"breaker.all_accounts", Kind::kInteger, "50", "1..1000000",
   "The same of all accounts, for all outbound mail.",
   SET(breaker.all_accounts = static_cast<std::uint64_t>(v.number))},
  {"breaker.window", Kind::kDuration, "1h", "1m..30d", "The time in which alarms are counted.",
   SET(breaker.window = Time(v))},
  {"breaker.open_for", Kind::kDuration, "0s", "0s..30d",
   "After that time it closes by itself; \"0s\": when a person closes it.",
   SET(breaker.open_for = Time(v))},
  {"breaker.exempt", Kind::kTexts, "", "an address",
   "Senders and recipients whose mail it never stops, such as your alerts.", SetBreakerExempt},

  {"store.url", Kind::kText, "sqlite:/var/lib/warifu/warifu.db",
   "sqlite:/path or postgresql: and libpq's words",
   "Where warifu keeps its own record of proven owners, changes, locks and incidents; \"\" for none.",
   SetStore},
  {"store.timeout", Kind::kDuration, "2s", "10ms..8s",
   "Time for one call of the store; the fault store behind it.",
   SET(store.timeout = std::chrono::milliseconds(v.number))},
  {"store.retention", Kind::kDuration, "400d", "1d..36500d",
   "Age from which history, settled incidents and settled changes may be pruned.",
   SET(store_retention = std::chrono::milliseconds(v.number))},
  {"import.max_unexplained", Kind::kInteger, "0", "0..1000000",
   "Addresses with another owner and no announced change that an import may meet; more refuse it whole.",
   SET(import_max_unexplained = static_cast<std::uint64_t>(v.number))},
  {"postfix.config_directory", Kind::kPath, "", kAnyPath,
   "Folder of the main.cf whose queue holds the mail that warifu incident release lets go; "
   "\"\" for Postfix's own default.",
   SET(postfix_config = v.text)},

  {"checks.session.mode", Kind::kWord, "enforce", kModes,
   "Mode of the check that a listener's session has an account.", SetCheckMode},
  {"checks.session.action", Kind::kWord, "reject", kPlainActions, "Outcome when it has none.",
   SetCheckAction},
  {"checks.sender.mode", Kind::kWord, "enforce", kModes,
   "Mode of the check that the envelope sender belongs to the account.", SetCheckMode},
  {"checks.sender.action", Kind::kWord, "reject", kPlainActions, "Outcome when it does not.",
   SetCheckAction},
  {"checks.author.mode", Kind::kWord, "enforce", kModes,
   "Mode of the check that From, Sender and Resent-* belong to the account.", SetCheckMode},
  {"checks.author.action", Kind::kWord, "reject", kPlainActions,
   "Outcome when they do not; a field that reads in two ways is refused.", SetCheckAction},
  {"checks.display.mode", Kind::kWord, "enforce", kModes,
   "Mode of the check that no display name carries another local address.", SetCheckMode},
  {"checks.display.action", Kind::kWord, "tag", kPlainActions, "Outcome when one does.",
   SetCheckAction},
  {"checks.notice.mode", Kind::kWord, "enforce", kModes,
   "Mode of the check that a declared notice goes to its account alone.", SetCheckMode},
  {"checks.notice.action", Kind::kWord, "hold", kPlainActions, "Outcome when it does not.",
   SetCheckAction},
  {"checks.flow.mode", Kind::kWord, "enforce", kModes,
   "Mode of the check that the notices of one transaction name one account.", SetCheckMode},
  {"checks.flow.action", Kind::kWord, "hold", kPlainActions,
   "Outcome when they do not; the addresses are disputed.", SetCheckAction},
  {"checks.fan-in.mode", Kind::kWord, "enforce", kModes,
   "Mode of the check that a mailbox gets notices for few accounts.", SetCheckMode},
  {"checks.fan-in.action", Kind::kWord, "hold", kPlainActions, "Outcome when it gets too many.",
   SetCheckAction},
  {"checks.lock.mode", Kind::kWord, "enforce", kModes,
   "Mode of the check that neither side is locked.", SetCheckMode},
  {"checks.lock.action", Kind::kWord, "reject", kPlainActions,
   "Outcome when one is; secrets to a locked account are held at most.", SetCheckAction},
  {"checks.pin.mode", Kind::kWord, "enforce", kModes,
   "Mode of the check that the live owner of an address is its proven owner.", SetCheckMode},
  {"checks.pin.action", Kind::kWord, "defer", kPlainActions,
   "Outcome when he is not; on submission listeners mail is held at its end.", SetCheckAction},
  {"checks.spoof.mode", Kind::kWord, "enforce", kModes,
   "Mode of the check that no stranger uses a local domain as author.", SetCheckMode},
  {"checks.spoof.action", Kind::kWord, "tag", kPlainActions, "Outcome when one does.",
   SetCheckAction},
  {"checks.breaker.mode", Kind::kWord, "enforce", kModes,
   "Mode of the check that no breaker of the sender's scope is open.", SetCheckMode},
  {"checks.breaker.action", Kind::kWord, "defer", kPlainActions,
   "Outcome of outbound mail while one is.", SetCheckAction},

  {"notices.paths", Kind::kTexts, "", kAnyPath,
   "Declarations of notices: files, and folders whose *.toml are read in the order of their names.",
   SetNoticePaths},
  {"notices.sources", Kind::kTexts, "", "network:ADDRESS, listener:NAME or account:NAME",
   "Who sends the notices whose declaration says \"configured\".", SetNoticeSources},
  {"flow.expires", Kind::kDuration, "7d", "10m..90d",
   "How long the notices of one token are compared.",
   SET(flow_expires = std::chrono::milliseconds(v.number))},
  {"fan_in.accounts", Kind::kInteger, "5", "1..10000",
   "Accounts that one mailbox may get notices for.",
   SET(fan_in.accounts = static_cast<std::size_t>(v.number))},
  {"fan_in.window", Kind::kDuration, "7d", "1h..365d", "In this time.",
   SET(fan_in.window = std::chrono::milliseconds(v.number))},

  {"rules.paths", Kind::kTexts, "/usr/share/warifu/patterns", kAnyPath,
   "Rule files, and folders whose *.toml are read in the order of their names.",
   [](Settings* s, Row, const Value& v) { return SetSources(s, v, false); }},
  {"rules.foreign", Kind::kTexts, "", kAnyPath,
   "Rule packs of other projects, in the format of gitleaks; what they hold beyond is ignored.",
   [](Settings* s, Row, const Value& v) { return SetSources(s, v, true); }},
  {"rules.disabled", Kind::kTexts, "", "a rule's id", "Rules that are not loaded.",
   SET(rules.disabled_rules = v.texts)},
  {"rules.observed", Kind::kTexts, "", "a rule's id", "Rules that only observe, whatever they say.",
   SET(observed_rules = {v.texts.begin(), v.texts.end()})},
  {"rules.actions.info", Kind::kWord, "accept", kActions,
   "Action of rules of this severity that name none.", SetSeverityAction},
  {"rules.actions.low", Kind::kWord, "tag", kActions, "The same.", SetSeverityAction},
  {"rules.actions.medium", Kind::kWord, "tag", kActions, "The same.", SetSeverityAction},
  {"rules.actions.high", Kind::kWord, "hold", kActions, "The same.", SetSeverityAction},
  {"rules.actions.critical", Kind::kWord, "reject", kActions, "The same.", SetSeverityAction},

  {"scan.directions", Kind::kWords, "outbound, internal", "outbound|internal|inbound",
   "Mail that content rules run on.", SetDirections},
  {"scan.budget", Kind::kDuration, "60s", "1s..280s",
   "Time for one mail; the fault timeout behind it. Postfix waits 300 seconds.",
   SET(scan_budget = std::chrono::milliseconds(v.number))},
  {"owner.self_disclosure", Kind::kWord, "tag", kActions,
   "Outcome when somebody sends a record of his own to somebody else.",
   SET(policy.self_disclosure = Word<Action>(v))},
  {"strip.otherwise", Kind::kWord, "hold", kPlainActions,
   "Outcome when a part cannot be stripped: not the last region, signed, encrypted.",
   SET(policy.strip_otherwise = Word<Action>(v))},
  {"strip.max_lines", Kind::kInteger, "30", "1..200", "Longest region that is stripped.",
   SET(strip_max_lines = static_cast<int>(v.number))},
  {"submission.hold_doubt", Kind::kFlag, "true", "true|false",
   "On submission listeners mail that cannot be judged now is held, not deferred.",
   SET(policy.hold_doubt_on_submission = v.flag)},
  {"header", Kind::kText, "X-Warifu", "X- and letters, digits, hyphens",
   "Header field that tagged mail gets; mail that comes with one loses it.", SetHeader},

  {"limits.message", Kind::kSize, "64M", "64K..2G",
   "Largest mail; at least the MTA's own limit. What is beyond is not scanned: fault too-large.",
   SET(limits.message_bytes = static_cast<std::size_t>(v.number))},
  {"limits.header", Kind::kSize, "1M", "16K..64M", "Largest head of a mail: fault too-large.",
   SET(limits.header_bytes = static_cast<std::size_t>(v.number))},
  {"limits.text", Kind::kSize, "32M", "64K..1G", "Decoded text of one mail: fault too-large.",
   SET(limits.text_bytes = static_cast<std::size_t>(v.number))},
  {"limits.decoded", Kind::kSize, "64M", "64K..2G",
   "Decoded content of all parts of one mail: fault too-large.",
   SET(limits.decoded_bytes = static_cast<std::size_t>(v.number))},
  {"limits.parts", Kind::kInteger, "1000", "1..1000", "Parts of one mail: fault too-many-parts.",
   SET(limits.parts = static_cast<std::size_t>(v.number))},
  {"limits.depth", Kind::kInteger, "30", "1..100", "Depth of nested parts: fault too-deep.",
   SET(limits.depth = static_cast<std::size_t>(v.number))},

  {"faults.engine", Kind::kWord, "defer", kPlainActions, "The pattern engine failed.", SetFault},
  {"faults.directory", Kind::kWord, "defer", kPlainActions, "The directory did not answer.",
   SetFault},
  {"faults.store", Kind::kWord, "defer", kPlainActions, "The store did not answer.", SetFault},
  {"faults.timeout", Kind::kWord, "defer", kPlainActions, "The budget ran out.", SetFault},
  {"faults.resources", Kind::kWord, "defer", kPlainActions, "Out of memory or descriptors.",
   SetFault},
  {"faults.event-log", Kind::kWord, "defer", kPlainActions, "The event could not be written.",
   SetFault},
  {"faults.internal", Kind::kWord, "defer", kPlainActions, "A defect of warifu.", SetFault},
  {"faults.encrypted", Kind::kWord, "tag", kLastingActions, "An encrypted part.", SetFault},
  {"faults.unknown-charset", Kind::kWord, "tag", kLastingActions,
   "Text in a charset that is not known.", SetFault},
  {"faults.undecodable", Kind::kWord, "tag", kLastingActions,
   "A transfer encoding or charset broken beyond repair.", SetFault},
  {"faults.too-large", Kind::kWord, "tag", kLastingActions, "A limit of size was reached.",
   SetFault},
  {"faults.too-deep", Kind::kWord, "tag", kLastingActions, "Parts nested too deep.", SetFault},
  {"faults.too-many-parts", Kind::kWord, "tag", kLastingActions, "Too many parts.", SetFault},
  {"faults.malformed", Kind::kWord, "tag", kLastingActions,
   "A structure that mail programs read in different ways.", SetFault},
  {"faults.unread-type", Kind::kWord, "accept", kLastingActions,
   "An attachment of a type that is recognised but not opened.", SetFault},

  {"listeners[].name", Kind::kText, "", kAnyText, "Name in events. Required.",
   [](Settings* s, Row, const Value& v) { return SetName(&s->listeners.back().name, v); }},
  {"listeners[].daemon_name", Kind::kText, "", kAnyText,
   "The MTA's {daemon_name} (milter_macro_daemon_name in master.cf); \"\" for all others.",
   SET(listeners.back().daemon_name = v.text)},
  {"listeners[].mode", Kind::kWord, "enforce", kModes, "Mode of this listener.",
   SET(listeners.back().mode = Word<Mode>(v))},
  {"listeners[].submission", Kind::kFlag, "false", "true|false",
   "Its clients are users: their mail counts as our own, and doubt is held.",
   SET(listeners.back().submission = v.flag)},
  {"listeners[].require_account", Kind::kFlag, "false", "true|false",
   "Sessions without an account fail the check session.",
   SET(listeners.back().require_account = v.flag)},

  {"exemptions[].name", Kind::kText, "", kAnyText, "Name in events. Required.",
   [](Settings* s, Row, const Value& v) { return SetName(&s->exemptions.back().name, v); }},
  {"exemptions[].networks", Kind::kTexts, "", kNetwork, "Holds for clients in one of them.",
   [](Settings* s, Row, const Value& v) {
     return ReadNetworks(v, &s->exemptions.back().networks);
   }},
  {"exemptions[].accounts", Kind::kTexts, "", "an account", "Holds for sessions of one of them.",
   SetExemptAccounts},
  {"exemptions[].recipients", Kind::kTexts, "", "an address",
   "Holds for mail all of whose recipients are among them.", SetExemptRecipients},
  {"exemptions[].exempts", Kind::kWords, "",
   "content|session|sender|author|display|lock|pin|spoof|breaker|notice|flow|fan-in",
   "What is let off: content rules, or checks. Required.", SetExempts},
};
// clang-format on
#undef SET

}  // namespace

std::span<const Setting> SettingsTable() {
  return kSettings;
}

}  // namespace warifu::app
