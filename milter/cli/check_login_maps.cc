#include "cli/check_login_maps.h"

#include <algorithm>
#include <initializer_list>
#include <map>

namespace warifu::cli {
namespace {

using Words = std::map<std::string, std::string, std::less<>>;

constexpr std::string_view kBlank = " \t\r";

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlank) + 1 - begin);
}

// Tables between blanks and commas; braces hold what belongs together.
std::vector<std::string> Tables(std::string_view maps) {
  std::vector<std::string> out(1);
  int depth = 0;
  for (const char c : maps) {
    if (c == '{') ++depth;
    if (c == '}') --depth;
    const bool between = depth == 0 && (c == ',' || kBlank.contains(c));
    if (between && !out.back().empty()) out.emplace_back();
    if (!between) out.back() += c;
  }
  if (out.back().empty()) out.pop_back();
  return out;
}

// "name = value" lines, continued by lines that begin with a blank.
Words ReadConfig(std::string_view text) {
  std::vector<std::string> logical;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    const std::string_view content = Trim(line);
    if (content.empty() || content.starts_with('#')) continue;
    if (kBlank.contains(line[0]) && !logical.empty()) {
      logical.back().append(1, ' ').append(content);
    } else {
      logical.emplace_back(content);
    }
  }
  Words words;
  for (const std::string& line : logical) {
    const std::size_t equals = line.find('=');
    if (equals == std::string::npos) continue;
    const std::string_view view = line;
    words[std::string(Trim(view.substr(0, equals)))] = Trim(view.substr(equals + 1));
  }
  return words;
}

std::string Get(const Words& words, std::string_view name, const std::string& otherwise = "") {
  const auto it = words.find(name);
  return it == words.end() ? otherwise : it->second;
}

std::string InQuotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

// Postfix's %s, %u and %d as placeholders; in SQL with the quotes around them. What else Postfix
// can write there has no equal.
std::string WithPlaceholders(std::string text, bool sql, bool* lost) {
  for (const auto& [code, name] :
       {std::pair("%s", ":address"), std::pair("%u", ":local"), std::pair("%d", ":domain")}) {
    for (const std::string& form : {"'" + std::string(code) + "'", std::string(code)}) {
      if (!sql && form[0] == '\'') continue;
      for (std::size_t at = 0; (at = text.find(form, at)) != std::string::npos;) {
        // "like '%%s'" and other text within the quotes cannot be bound.
        const bool inside = sql && form[0] != '\'';
        if (inside) *lost = true;
        text.replace(at, form.size(), name);
        at += std::string_view(name).size();
      }
    }
  }
  if (text.find('%') != std::string::npos) *lost = true;
  return text;
}

class Writer {
 public:
  explicit Writer(const FileReader& read) : read_(read) {}

  std::vector<std::string> Write(const std::string& table) {
    lines_.clear();
    std::string_view rest = table;
    while (rest.starts_with("proxy:")) rest.remove_prefix(6);
    const std::size_t colon = rest.find(':');
    const std::string type(rest.substr(0, colon));
    name_ = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
    if (type == "texthash" || type == "hash" || type == "btree" || type == "dbm") {
      Source(type);
    } else if (type == "lmdb" || type == "cdb") {
      Directory(type, {{"path", InQuotes(name_ + "." + type)}});
    } else if (type == "pgsql" || type == "mysql" || type == "sqlite") {
      if (const auto words = Config()) Sql(type, *words);
    } else if (type == "ldap") {
      if (const auto words = Config()) Ldap(*words);
    } else {
      Say("warifu cannot read tables of type '" + type + "'");
    }
    return std::move(lines_);
  }

 private:
  using Values = std::vector<std::pair<std::string, std::string>>;

  void Say(const std::string& text) { lines_.push_back("  # " + text); }

  void Directory(const std::string& type, const Values& values) {
    lines_.push_back("  directory = {");
    lines_.push_back("    type = " + InQuotes(type) + ";");
    for (const auto& [name, value] : values) {
      lines_.push_back("    ");
      lines_.back().append(name).append(" = ").append(value).append(";");
    }
    lines_.push_back("  };");
  }

  void Source(const std::string& type) {
    if (type != "texthash") {
      Say("warifu cannot read tables of type '" + type + "'; it reads their source text");
      if (!read_(name_)) Say("which is not there: write it, or use lmdb or cdb");
    }
    Directory("table", {{"table", InQuotes(name_)}});
  }

  std::optional<Words> Config() {
    if (!name_.starts_with('/')) {
      Say("its settings stand in main.cf, as " + name_ +
          "_…; move them to a file to see them here");
      return std::nullopt;
    }
    const auto text = read_(name_);
    if (!text) {
      Say(name_ + " cannot be read; try as root");
      return std::nullopt;
    }
    return ReadConfig(*text);
  }

  void Sql(const std::string& type, const Words& words) {
    bool lost = false;
    std::string query = Get(words, "query");
    if (query.empty() && words.contains("table")) {
      query = "SELECT " + Get(words, "select_field") + " FROM " + Get(words, "table") + " WHERE " +
              Get(words, "where_field") + " = '%s' " + Get(words, "additional_conditions");
    }
    query = WithPlaceholders(query, true, &lost);
    Values values = {{"url", InQuotes(SqlUrl(type, words))}};
    Password(words, "password", &values);
    values.emplace_back("query", InQuotes(Trim(query)));
    if (lost) Say("the query holds what cannot be bound as a value; write it anew");
    const std::string hosts = Get(words, "hosts");
    if (hosts.find_first_of(" ,\t") != std::string::npos)
      Say("only the first of its hosts is asked");
    if (hosts.contains("postgres://") || hosts.contains("postgresql://")) {
      Say("its host is a URI: write the words of it behind postgresql:");
    }
    SayWhatIsLost(words, {});
    Directory("sql", values);
  }

  static std::string SqlUrl(const std::string& type, const Words& words) {
    if (type == "sqlite") return "sqlite:" + Get(words, "dbpath");
    const bool pgsql = type == "pgsql";
    std::string url = pgsql ? "postgresql:" : "mysql:";
    const std::string hosts = Get(words, "hosts", "localhost");
    std::string host = hosts.substr(0, hosts.find_first_of(" ,\t"));
    if (host.starts_with("inet:")) host.erase(0, 5);
    if (host.starts_with("unix:")) {
      url += (pgsql ? "host=" : "unix_socket=") + host.substr(5);
    } else {
      const std::size_t colon = host.rfind(':');
      url += "host=" + host.substr(0, colon);
      if (colon != std::string::npos) url += " port=" + host.substr(colon + 1);
    }
    if (words.contains("dbname")) url += " dbname=" + Get(words, "dbname");
    if (words.contains("user")) url += " user=" + Get(words, "user");
    return url;
  }

  // Settings that choose or change answers, and have no equal.
  void SayWhatIsLost(const Words& words, std::initializer_list<std::string_view> more) {
    if (words.contains("domain")) Say("its 'domain' has no equal: other domains are asked for too");
    const std::string format = Get(words, "result_format", "%s");
    if (format != "%s") Say("its 'result_format' has no equal");
    for (const std::string_view name : more) {
      if (words.contains(name)) Say("its '" + std::string(name) + "' has no equal");
    }
  }

  void Password(const Words& words, std::string_view name, Values* values) {
    if (!words.contains(name)) return;
    Say("write the password of " + name_ + " into a file that only warifu may read:");
    values->emplace_back("password_file", InQuotes("/etc/warifu/directory.password"));
  }

  void Ldap(const Words& words) {
    bool lost = false;
    std::string url;
    std::string hosts = Get(words, "server_host", "localhost");
    const std::string port = Get(words, "server_port");
    std::ranges::replace(hosts, ',', ' ');
    for (std::string_view rest = hosts; !rest.empty();) {
      const std::string_view host = rest.substr(0, rest.find(' '));
      rest.remove_prefix(std::min(rest.size(), host.size() + 1));
      if (host.empty()) continue;
      url.append(url.empty() ? "" : " ");
      if (host.contains("://")) {
        url += host;
      } else {
        url.append("ldap://").append(host);
        if (!port.empty() && !host.contains(':')) url.append(1, ':').append(port);
      }
    }
    Values values = {{"url", InQuotes(url)}};
    const std::string bind = Get(words, "bind", "yes");
    const bool binds = bind != "no" && bind != "none" && words.contains("bind_dn");
    if (binds) Password(words, "bind_pw", &values);
    std::string ldap = "{ base = " + InQuotes(Get(words, "search_base")) + ";";
    if (binds) ldap += " bind_dn = " + InQuotes(Get(words, "bind_dn")) + ";";
    ldap += " filter = " +
            InQuotes(WithPlaceholders(Get(words, "query_filter", "(mailacceptinggeneralid=%s)"),
                                      false, &lost)) +
            ";";
    ldap += " account_attribute = " + InQuotes(Get(words, "result_attribute", "maildrop")) + ";";
    if (Get(words, "start_tls") == "yes") ldap += " starttls = true;";
    if (words.contains("tls_ca_cert_file")) {
      ldap += " ca_file = " + InQuotes(Get(words, "tls_ca_cert_file")) + ";";
    }
    values.emplace_back("ldap", ldap + " }");
    if (lost) Say("the filter holds what has no equal; write it anew");
    if (bind == "sasl") Say("it binds by SASL, which has no equal");
    if (Get(words, "scope", "sub") != "sub") Say("its 'scope' has no equal: all below is searched");
    SayWhatIsLost(words, {"special_result_attribute", "leaf_result_attribute",
                          "terminal_result_attribute", "result_filter"});
    Directory("ldap", values);
  }

  const FileReader& read_;
  std::string name_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> LoginMapLines(std::string_view maps, const FileReader& read) {
  std::vector<std::string> lines;
  const std::vector<std::string> tables = Tables(maps);
  for (const std::string& table : tables) {
    lines.push_back("smtpd_sender_login_maps asks " + table + ", in warifu.conf:");
    const std::vector<std::string> more = Writer(read).Write(table);
    lines.insert(lines.end(), more.begin(), more.end());
  }
  if (tables.size() > 1) {
    lines.emplace_back("Postfix asks these one after the other; warifu has one directory.");
  }
  return lines;
}

}  // namespace warifu::cli
