// Gateway: an inspection as the daemon runs it, with files in a scratch folder, for tests.
//
// Members and rules are synthetic. Send() takes a mail through MAIL, RCPT and end of message, and
// applies the edits as the session does.
#pragma once

#include <filesystem>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "app/inspection.h"
#include "app/service.h"
#include "app/settings.h"
#include "app/snapshot.h"

namespace warifu::app {

// A log that remembers.
class FakeLog final : public incident::Log {
 public:
  void Write(incident::Level, std::string_view text) override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(text);
  }
  void SetLevel(incident::Level) override {}
  Result<void> Reopen() override { return {}; }
  std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

// Steady time moves by `step` with every look at it.
class FakeClock final : public Clock {
 public:
  WallTime Now() const override { return WallTime(std::chrono::seconds(1'780'000'000)) + later; }
  SteadyTime Steady() const override { return now_ += step; }
  std::chrono::milliseconds step{0};
  std::chrono::seconds later{0};  // of wall time

 private:
  mutable SteadyTime now_{};
};

struct Envelop {
  std::string login = "taro";
  std::string sender = "<taro@example.jp>";
  std::vector<std::string> recipients = {"<friend@example.com>"};
  std::string client = "203.0.113.7";
  std::string daemon_name = "submission";
};

struct Sent {
  policy::Verdict mail;               // of MAIL; when it refuses, `end` is empty
  std::vector<policy::Verdict> rcpt;  // of each recipient; when all are refused, `end` is empty
  EndActions end;
  std::string delivered;  // the mail with its edits; "" when refused
  Action action() const { return mail.action >= Action::kDefer ? mail.action : end.verdict.action; }
  Action would() const { return std::max(mail.would, end.verdict.would); }
  const policy::Reply& reply() const {
    return mail.action >= Action::kDefer ? mail.reply : end.verdict.reply;
  }
};

class Gateway {
 public:
  // `conf`: settings beside those of the fixture, as in the file.
  explicit Gateway(std::string_view conf = "");
  ~Gateway();

  // Takes a mail through a new inspection. `raw`: lines end in LF or CRLF.
  Sent Send(const std::string& raw, const Envelop& envelope = {},
            const std::string& queue_id = "4XyZabc");
  // A transaction with these facts.
  static Transaction TransactionOf(const Envelop& envelope);
  std::unique_ptr<MessageInspection> Begin() { return NewInspection(context()); }
  InspectionContext context() const;

  std::vector<nlohmann::json> Events() const;
  nlohmann::json LastEvent() const;
  std::string Path(const std::string& name) const { return folder_ / name; }
  std::string Write(const std::string& name, std::string_view text) const;
  static std::string Conf(const std::filesystem::path& folder, std::string_view more);

  // Null where the settings name none. Incidents are written by the time that it is asked.
  store::Store* store() const;
  std::vector<store::Incident> Incidents() const;
  // In the place of the SQLite file; it outlives the gateway.
  void UseStore(store::Store* store);
  // Another table, as after a reload.
  void UseMembers(std::string_view table);

  // To be changed by a test before it sends.
  Snapshot& editable();
  void UseEvents(std::shared_ptr<incident::EventLog> events) { events_ = std::move(events); }

  mutable FakeLog log;
  FakeClock clock;
  mutable Counters counters;
  mutable ArchiveMemory archives;

 private:
  std::filesystem::path folder_;
  std::shared_ptr<Snapshot> snapshot_;
  std::shared_ptr<incident::EventLog> events_;
  std::unique_ptr<store::Store> own_store_;
  store::Store* store_ = nullptr;
  mutable binding::Outage outage_;
  std::unique_ptr<incident::IncidentWriter> incidents_;
};

// A plain text mail of taro's to a friend.
std::string PlainMail(std::string_view body, std::string_view more_fields = "");

}  // namespace warifu::app
