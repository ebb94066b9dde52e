#include "app/settings_apply.h"

#include <algorithm>
#include <cctype>

namespace warifu::app {
namespace {

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

// "stderr", "syslog" or a path.
Done CheckTarget(const Value& v) {
  if (v.text == "stderr" || v.text == "syslog" || v.text.starts_with('/')) return {};
  return Refuse("'" + v.text + "' is neither stderr nor syslog nor an absolute path");
}

}  // namespace

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

Done SetMetrics(Settings* s, Row, const Value& v) {
  s->metrics.address = v.text;
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

Done SetLogTarget(Settings* s, Row, const Value& v) {
  s->log.target = v.text;
  return CheckTarget(v);
}

Done SetEventsTarget(Settings* s, Row, const Value& v) {
  s->events_target = v.text;
  return CheckTarget(v);
}

Done SetLogLevel(Settings* s, Row, const Value& v) {
  s->log.level = Word<incident::Level>(v);
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

Done SetIgnorePaths(Settings* s, Row, const Value& v) {
  for (const std::string& path : v.texts) {
    if (!path.starts_with('/')) return Refuse("'" + path + "' is not an absolute path");
  }
  s->ignore_paths = v.texts;
  return {};
}

Done SetRecordIndexes(Settings* s, Row, const Value& v) {
  for (const std::string& path : v.texts) {
    if (!path.starts_with('/')) return Refuse("'" + path + "' is not an absolute path");
  }
  s->records.indexes = v.texts;
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

}  // namespace warifu::app
