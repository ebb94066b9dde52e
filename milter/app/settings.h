// Settings: everything that warifu.conf(5) says, read and checked.
//
// LoadSettings() reads the file (libconfig, with @include) and fills each room's own options. One
// table (settings_table.h) drives names, types, defaults and ranges.
//
// Guarantees: all errors of meaning come back at once, each with file and line; an error of syntax
// comes alone, since nothing behind it can be trusted. An unknown setting is refused, with the
// nearest known name. What comes back is complete: every setting has its value or its default.
// Refuses: integers that libconfig would cut silently (beyond 32 bits), included files that are not
// regular files, sizes and durations without a unit that could be misread.
//
// SECURITY: the file is the operator's; it is not taken from mail.
// Threads: plain values; LoadSettings is reentrant.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <set>
#include <string>
#include <vector>

#include "base/address.h"
#include "base/error.h"
#include "base/network.h"
#include "binding/change_source.h"
#include "binding/checks.h"
#include "binding/identity.h"
#include "binding/notice.h"
#include "binding/pin.h"
#include "binding/sources.h"
#include "incident/breaker.h"
#include "incident/event.h"
#include "incident/event_log.h"
#include "mail/message.h"
#include "policy/decide.h"
#include "scan/notice.h"
#include "scan/pattern_set.h"
#include "store/store.h"

namespace warifu::app {

// Where the MTA reaches the daemon.
struct SocketOptions {
  std::string address;  // "unix:/run/warifu/warifu.sock" or "inet:8899@127.0.0.1"
  unsigned mode = 0660;
  std::string group;  // "" leaves the process's group
};

// Where Postfix's transport_maps reaches the daemon.
struct SocketmapSettings {
  std::string address;  // "" for none
  unsigned mode = 0660;
  std::string group;
  bool defer_unavailable = true;  // while store or directory cannot tell
};

// Where Prometheus reads metrics.
struct MetricsSettings {
  std::string address;  // "" for none
  unsigned mode = 0660;
  std::string group;
};

// One of the MTA's services, told by the macro {daemon_name}.
struct Listener {
  std::string name;
  std::string daemon_name;  // "" matches every service that no other entry names
  Mode mode = Mode::kEnforce;
  bool submission = false;       // its clients are users
  bool require_account = false;  // check `session`
};

// Exact-match indexes of member tables (scan/record_index.h).
struct RecordSettings {
  std::vector<std::string> indexes;  // paths
  std::string key_file;
};

// The password of an encrypted archive, sent to whom the archive was sent (app/archive_tie.h).
struct PpapSettings {
  std::chrono::seconds window{};  // 0: nothing is remembered or tied
  std::set<std::string> rules;    // ids of those whose findings are such passwords
  std::size_t entries = 1;        // pairs of sender and recipient that are remembered
};

// Who is let off what. Every kind of condition that is given must hold; of one kind, any entry.
struct Exemption {
  std::string name;
  std::vector<Network> networks;
  std::vector<std::string> accounts;  // canonical
  std::vector<Address> recipients;    // holds when every recipient of the mail is among them
  bool content = false;               // content rules
  std::set<Check> checks;
};

// A setting as it stands, for `warifu check`.
struct EffectiveSetting {
  std::string name;   // "limits.message", "listeners[0].name"
  std::string value;  // as it would be written in the file
  Place place;        // line 0: the default
  // The same for people: a password that stands among the words of a database is masked.
  std::string Shown() const;
};

struct Settings {
  std::string path;  // the file it was read from

  SocketOptions socket;
  std::string user;  // "" keeps the user that started the daemon
  std::string pid_file;
  std::string control_socket;
  std::string control_group;  // its members may call; "" for root and the daemon's user alone
  std::string fingerprint_key_file;

  incident::LogOptions log;
  std::string events_target;
  bool events_all = false;

  std::vector<Listener> listeners;
  std::vector<Network> trusted_networks;
  std::vector<Exemption> exemptions;

  binding::Options binding;             // domains, realm, sub-addresses
  binding::DirectoryOptions directory;  // none: sender, author and display are then not asked
  binding::IdentityOptions identity;    // accounts of sessions without a login
  // How long the ledger answers for a directory that is silent.
  std::chrono::seconds stale_for{};

  binding::PinOptions pin;
  std::chrono::milliseconds pin_recheck{};  // between two rounds of upkeep
  bool lock_refuses = false;                // locked for receiving: refused at RCPT
  std::vector<Network> spoof_forwarders;
  binding::ChangeOptions changes;                // url "" for none
  std::chrono::milliseconds changes_interval{};  // between two readings
  incident::BreakerOptions breaker;
  std::vector<Address> breaker_exempt;  // senders and recipients that it never stops

  store::Options store;  // url "" for none: pin, lock, breaker and grants are then not asked
  std::chrono::milliseconds store_retention{};
  std::chrono::seconds incident_repeat{};    // inside of it a refusal again is the same incident
  std::uint64_t import_max_unexplained = 0;  // more refuse an import whole
  std::string postfix_config;                // folder of main.cf; "" for Postfix's own default
  std::string sendmail_config;               // sendmail.cf; "" where held mail is Postfix's

  std::vector<std::string> notice_paths;
  std::vector<scan::NoticeSource> notice_sources;  // of notices whose source is "configured"
  std::chrono::milliseconds flow_expires{};
  binding::FanInOptions fan_in;
  SocketmapSettings socketmap;
  MetricsSettings metrics;

  mail::Limits limits;
  scan::LoadOptions rules;
  RecordSettings records;
  PpapSettings ppap;
  std::set<std::string> observed_rules;   // ids; they observe, whatever their files say
  std::vector<std::string> ignore_paths;  // lists of known findings
  std::set<incident::Direction> scan_directions;
  std::chrono::milliseconds scan_budget{};
  int strip_max_lines = 0;
  policy::Policy policy;

  std::vector<EffectiveSetting> effective;  // in the table's order
};

std::expected<Settings, Errors> LoadSettings(const std::string& path);

// Settings of an empty file: the defaults, for the tool where no warifu.conf is installed.
Settings DefaultSettings();

// The listener of a {daemon_name}; one named "default" when no entry matches.
Listener ListenerFor(const Settings& settings, std::string_view daemon_name);

}  // namespace warifu::app
