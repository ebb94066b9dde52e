#include "app/offline.h"

#include "app/judge.h"

namespace warifu::app {
namespace {

// Stands in replies that nobody sends.
constexpr std::string_view kNoReference = "none";

// The recipients that the mail itself names.
std::vector<Address> RecipientsOf(const mail::Message& message, const AddressOptions& options) {
  std::vector<Address> out;
  for (const std::string_view name : {"To", "Cc"}) {
    for (const std::string_view body : message.Fields(name)) {
      const Result<AddressList> list = ParseAddressList(body, options);
      if (!list) continue;
      for (const Mailbox& mailbox : list->mailboxes) out.push_back(mailbox.address);
    }
  }
  return out;
}

OfflineReport ReportOf(Judgement judgement) {
  return {.verdict = std::move(judgement.verdict),
          .findings = std::move(judgement.content.findings),
          .checks = std::move(judgement.checks),
          .faults = std::move(judgement.content.faults),
          .attachments = std::move(judgement.content.attachments)};
}

OfflineReport Broken(const Snapshot& snapshot, FaultCause cause, std::string detail) {
  OfflineReport report;
  report.faults.push_back({cause, "", std::move(detail)});
  policy::Evidence evidence;
  evidence.faults = report.faults;
  report.verdict = policy::Decide(snapshot.settings.policy, evidence, kNoReference);
  return report;
}

template <typename Work>
OfflineReport Guarded(const Snapshot& snapshot, const Work& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    return Broken(snapshot, FaultCause::kResources, "out of memory");
  } catch (const std::exception& e) {
    return Broken(snapshot, FaultCause::kInternal, Printable(e.what()));
  }
}

Case NewCase(const Snapshot& snapshot, const OfflineOptions& options) {
  Case mail;
  mail.envelope.account =
      options.account.empty()
          ? ""
          : binding::AccountOf(options.account, snapshot.settings.binding.realm);
  mail.envelope.complete = true;
  mail.check_notices = false;  // a stored mail has no source
  mail.reference = kNoReference;
  return mail;
}

}  // namespace

OfflineReport InspectStoredMail(const Snapshot& snapshot, const Clock& clock, std::string_view raw,
                                const OfflineOptions& options) {
  return Guarded(snapshot, [&] {
    const Settings& settings = snapshot.settings;
    Case mail = NewCase(snapshot, options);
    mail.raw = raw.substr(0, settings.limits.message_bytes);
    mail.truncated = mail.raw.size() < raw.size();
    Budget budget(clock, settings.scan_budget, {});
    mail::Message message = mail::Parse(mail.raw, settings.limits);
    mail.envelope.recipients = RecipientsOf(message, settings.binding.address);
    return ReportOf(JudgeMessage(snapshot, mail, std::move(message), budget));
  });
}

OfflineReport InspectPlainFile(const Snapshot& snapshot, const Clock& clock, std::string content,
                               std::string name) {
  return Guarded(snapshot, [&] {
    const Case mail = NewCase(snapshot, {});
    Budget budget(clock, snapshot.settings.scan_budget, {});
    Content inspected = InspectFile(snapshot, std::move(content), std::move(name), budget);
    return ReportOf(JudgeContent(snapshot, mail, std::move(inspected), budget));
  });
}

}  // namespace warifu::app
