#include "gateway.h"

#include <gtest/gtest.h>
#include <strings.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

namespace warifu::app {
namespace {

constexpr std::string_view kRules = R"(
[[rules]]
id = "password-label"
description = "Password after a label"
regex = '''(?i)(?:password|パスワード)[ \t]{0,4}[:=][ \t]{0,4}([!-~]{6,32})'''
secretGroup = 1
keywords = ["password", "パスワード"]
[rules.mail]
severity = "high"
action = "hold"
matches = ["password: Xk29vmQ1"]
misses = ["password"]

[[rules]]
id = "strip-token"
description = "A token that may be cut out"
regex = '''striptoken-[a-z0-9]{10}'''
keywords = ["striptoken"]
[rules.mail]
severity = "medium"
action = "strip"
matches = ["striptoken-0123456789"]
misses = ["striptoken"]

[[rules]]
id = "redact-value"
description = "A value that is masked in place"
regex = '''redact(?:-pin)?[:=][ \t\n]{0,4}([^\s<>&,;"]{4,32})'''
secretGroup = 1
keywords = ["redact"]
[rules.mail]
severity = "medium"
action = "redact"
matches = ["redact: Xk29vmQ1"]
misses = ["redacted"]

[[rules]]
id = "tag-token"
description = "A token that is tagged"
regex = '''tagtoken-[a-z0-9]{10}'''
keywords = ["tagtoken"]
[rules.mail]
severity = "low"
action = "tag"
matches = ["tagtoken-0123456789"]
misses = ["tagtoken"]

[[rules]]
id = "member-record"
description = "A member's login and password"
regex = '''login=([a-z0-9@.]{2,40})&secret=([!-%'-~]{8,32})'''
secretGroup = 2
keywords = ["secret="]
[rules.mail]
severity = "critical"
action = "reject"
accountGroup = 1
matches = ["login=taro&secret=Zq8wK2mv"]
misses = ["login=taro"]
)";

constexpr std::string_view kTable = R"(# members
taro@example.jp     taro
hanako@example.jp   hanako
office@example.jp   taro, hanako
)";

std::string WithCrLf(const std::string& raw) {
  std::string out;
  for (std::size_t i = 0; i < raw.size(); ++i) {
    if (raw[i] == '\n' && (i == 0 || raw[i - 1] != '\r')) out.push_back('\r');
    out.push_back(raw[i]);
  }
  return out;
}

struct Field {
  std::string name, value;
};

// Splits a mail as an MTA hands it over: fields, and the body behind the empty line.
std::vector<Field> Split(const std::string& raw, std::string* body) {
  std::vector<Field> fields;
  std::size_t at = 0;
  while (at < raw.size() && raw.compare(at, 2, "\r\n") != 0) {
    std::size_t end = raw.find("\r\n", at);
    while (end + 2 < raw.size() && (raw[end + 2] == ' ' || raw[end + 2] == '\t')) {
      end = raw.find("\r\n", end + 2);
    }
    const std::string field = raw.substr(at, end - at);
    const std::size_t colon = field.find(':');
    fields.push_back({field.substr(0, colon), field.substr(colon + 1)});
    at = end + 2;
  }
  *body = at + 2 <= raw.size() ? raw.substr(at + 2) : "";
  return fields;
}

std::string Deliver(std::vector<Field> fields, std::string body, const EndActions& end) {
  const auto same = [](const std::string& a, const std::string& b) {
    return strcasecmp(a.c_str(), b.c_str()) == 0;
  };
  for (const std::string& name : end.delete_fields) {
    std::erase_if(fields, [&](const Field& field) { return same(field.name, name); });
  }
  for (const mail::FieldChange& changed : end.change_fields) {
    std::size_t occurrence = 0;
    for (Field& field : fields) {
      if (!same(field.name, changed.name)) continue;
      if (++occurrence == changed.occurrence) field.value = changed.body;
    }
  }
  for (const mail::HeaderField& added : end.add_fields) {
    fields.push_back({added.name, " " + added.body});
  }
  std::string out;
  for (const Field& field : fields) out += field.name + ":" + field.value + "\r\n";
  return out + "\r\n" + (end.replace_body ? end.new_body : body);
}

}  // namespace

std::string FakeLog::text() const {
  const std::lock_guard lock(mutex_);
  std::string all;
  for (const std::string& line : lines_) all += line + "\n";
  return all;
}

Gateway::Gateway(std::string_view conf) {
  std::string name = ::testing::TempDir() + "warifu-gateway-XXXXXX";
  folder_ = mkdtemp(name.data());
  Write("rules.toml", kRules);
  Write("members", kTable);
  const auto settings = LoadSettings(Write("warifu.conf", Conf(folder_, conf)));
  if (!settings) {
    for (const Error& error : settings.error()) ADD_FAILURE() << error.ToString();
    std::abort();
  }
  const auto snapshot = BuildSnapshot(*settings, clock, KeyUse::kCreate);
  if (!snapshot) {
    for (const Error& error : snapshot.error()) ADD_FAILURE() << error.ToString();
    std::abort();
  }
  snapshot_ = std::make_shared<Snapshot>(**snapshot);
  auto events = incident::OpenEventLog(settings->events_target, settings->events_all);
  EXPECT_TRUE(events.has_value());
  events_ = *std::move(events);
  if (settings->store.url.empty()) return;
  auto store = store::Open(settings->store);
  if (!store) {
    ADD_FAILURE() << store.error().ToString();
    std::abort();
  }
  own_store_ = *std::move(store);
  UseStore(own_store_.get());
}

InspectionContext Gateway::context() const {
  InspectionContext context{snapshot_, events_, &log, &clock, &counters};
  context.store = store_;
  context.outage = &outage_;
  context.incidents = incidents_.get();
  context.archives = &archives;
  context.gateway = "mx1.example.jp";
  return context;
}

store::Store* Gateway::store() const {
  if (incidents_) incidents_->Flush();
  return store_;
}

std::vector<store::Incident> Gateway::Incidents() const {
  auto rows = store()->Incidents({});
  EXPECT_TRUE(rows.has_value());
  return rows.value_or(std::vector<store::Incident>{});
}

void Gateway::UseStore(store::Store* store) {
  incidents_ = std::make_unique<incident::IncidentWriter>(*store, log);
  store_ = store;
}

void Gateway::UseMembers(std::string_view table) {
  auto opened =
      binding::OpenTextTable(Write("members", table), snapshot_->settings.binding.local_domains);
  if (!opened) {
    ADD_FAILURE() << opened.error()[0].ToString();
    std::abort();
  }
  snapshot_->directory = *std::move(opened);
}

Gateway::~Gateway() {
  std::filesystem::remove_all(folder_);
}

std::string Gateway::Conf(const std::filesystem::path& folder, std::string_view more) {
  std::string conf = "\n" + std::string(more);
  const auto add = [&](std::string_view name, const std::string& line) {
    if (conf.find("\n" + std::string(name)) == std::string::npos) conf += line + "\n";
  };
  const std::string at = folder.string() + "/";
  add("mode =", "mode = \"enforce\";");
  add("domains =", "domains = [ \"example.jp\" ];");
  add("directory =", "directory = { table = \"" + at + "members\"; };");
  add("store =", "store = { url = \"sqlite:" + at + "store.db\"; };");
  add("rules =", "rules = { paths = [ \"" + at + "rules.toml\" ]; };");
  add("cache_dir =", "cache_dir = \"\";");
  add("events =", "events = { target = \"" + at + "events\"; };");
  add("fingerprint =", "fingerprint = { key_file = \"" + at + "key\"; };");
  add("listeners =",
      "listeners = ( { name = \"submission\"; daemon_name = \"submission\"; submission = true;"
      " require_account = true; }, { name = \"mx\"; } );");
  return conf;
}

std::string Gateway::Write(const std::string& name, std::string_view text) const {
  const std::string path = Path(name);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

Snapshot& Gateway::editable() {
  return *snapshot_;
}

Transaction Gateway::TransactionOf(const Envelop& envelope) {
  Transaction transaction;
  transaction.session.client_address = envelope.client;
  transaction.session.client_name = "client.example.net";
  transaction.session.helo = "client";
  transaction.session.daemon_name = envelope.daemon_name;
  transaction.auth_login = envelope.login;
  transaction.sender = envelope.sender;
  return transaction;
}

Sent Gateway::Send(const std::string& raw, const Envelop& envelope, const std::string& queue_id) {
  Sent sent;
  Transaction transaction = TransactionOf(envelope);
  const auto inspection = Begin();
  sent.mail = inspection->Mail(transaction);
  if (sent.mail.action >= Action::kDefer) return sent;
  transaction.queue_id = queue_id;
  for (const std::string& recipient : envelope.recipients) {
    sent.rcpt.push_back(inspection->Rcpt(transaction, recipient));
    if (sent.rcpt.back().action < Action::kDefer) transaction.recipients.push_back(recipient);
  }
  if (transaction.recipients.empty() && !envelope.recipients.empty()) return sent;
  std::string body;
  const std::vector<Field> fields = Split(WithCrLf(raw), &body);
  mail::MessageBuffer buffer(inspection->limits());
  for (const Field& field : fields) buffer.AddHeader(field.name, field.value, true);
  buffer.EndHeaders();
  buffer.AddBody(body);
  sent.end = inspection->End(transaction, buffer, [] { return true; });
  if (sent.end.verdict.action < Action::kDefer) {
    sent.delivered = Deliver(fields, body, sent.end);
  }
  return sent;
}

std::vector<nlohmann::json> Gateway::Events() const {
  std::vector<nlohmann::json> events;
  std::ifstream in(Path("events"));
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) events.push_back(nlohmann::json::parse(line));
  }
  return events;
}

nlohmann::json Gateway::LastEvent() const {
  const auto events = Events();
  return events.empty() ? nlohmann::json::object() : events.back();
}

std::string PlainMail(std::string_view body, std::string_view more_fields) {
  return "From: Taro <taro@example.jp>\nTo: friend@example.com\nSubject: hello\n"
         "Message-ID: <1@example.jp>\nMIME-Version: 1.0\n"
         "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n" +
         std::string(more_fields) + "\n" + std::string(body) + "\n";
}

}  // namespace warifu::app
