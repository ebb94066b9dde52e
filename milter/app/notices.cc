#include "app/notices.h"

#include <algorithm>

namespace warifu::app {
namespace {

using Kind = scan::NoticeSource::Kind;

// Adds one source; `configured` stands for all of notices.sources.
void AddSource(const scan::NoticeSource& source, const Settings& settings, NoticeSenders* senders,
               Errors* errors) {
  switch (source.kind) {
    case Kind::kConfigured:
      for (const scan::NoticeSource& other : settings.notice_sources) {
        if (other.kind != Kind::kConfigured) AddSource(other, settings, senders, errors);
      }
      return;
    case Kind::kNetwork: {
      Result<Network> network = ParseNetwork(source.text);
      if (network) {
        senders->networks.push_back(*std::move(network));
      } else {
        errors->push_back({ErrorKind::kInvalid, network.error().text, source.place});
      }
      return;
    }
    case Kind::kListener: {
      const bool known = source.text == "default" ||
                         std::ranges::find(settings.listeners, source.text, &Listener::name) !=
                             settings.listeners.end();
      if (!known) {
        errors->push_back({ErrorKind::kInvalid,
                           "no listener is named '" + source.text + "' in warifu.conf",
                           source.place});
      }
      senders->listeners.push_back(source.text);
      return;
    }
    case Kind::kAccount:
      senders->accounts.push_back(CanonicalAccount(source.text));
      return;
  }
}

}  // namespace

bool NoticeSenders::Hold(const Envelope& envelope, std::string_view listener) const {
  if (std::ranges::find(listeners, listener) != listeners.end()) return true;
  if (!envelope.account.empty() &&
      std::ranges::find(accounts, envelope.account) != accounts.end()) {
    return true;
  }
  return !networks.empty() && FindNetwork(networks, envelope.client_address) != nullptr;
}

std::size_t Notices::active() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(senders_, [](const NoticeSenders& s) { return !s.empty(); }));
}

bool Notices::FromSource(const Envelope& envelope, std::string_view listener) const {
  return std::ranges::any_of(senders_,
                             [&](const NoticeSenders& s) { return s.Hold(envelope, listener); });
}

std::optional<std::size_t> Notices::Find(const Envelope& envelope, std::string_view listener,
                                         const scan::NoticeMail& mail) const {
  for (std::size_t i = 0; i < senders_.size(); ++i) {
    if (senders_[i].Hold(envelope, listener) && set_->Recognises(i, mail)) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> Notices::FindLookAlike(const Envelope& envelope,
                                                  std::string_view listener,
                                                  const scan::NoticeMail& mail) const {
  for (std::size_t i = 0; i < senders_.size(); ++i) {
    if (!senders_[i].empty() && !senders_[i].Hold(envelope, listener) && set_->LooksLike(i, mail)) {
      return i;
    }
  }
  return std::nullopt;
}

std::expected<std::shared_ptr<const Notices>, Errors> LoadDeclaredNotices(
    const Settings& settings, std::vector<std::string>* notes) {
  auto set = scan::LoadNotices(settings.notice_paths, settings.binding.address);
  if (!set) return std::unexpected(std::move(set.error()));
  Errors errors;
  std::vector<NoticeSenders> senders;
  for (const scan::NoticeInfo& notice : (*set)->notices()) {
    NoticeSenders& its = senders.emplace_back();
    for (const scan::NoticeSource& source : notice.sources) {
      AddSource(source, settings, &its, &errors);
    }
    if (its.empty()) {
      notes->push_back("notice '" + notice.id + "' is off: notices.sources is empty");
    }
  }
  // notices.sources is read once a notice.
  std::vector<std::string> said;
  std::erase_if(errors, [&](const Error& error) {
    const std::string text = error.ToString();
    if (std::ranges::find(said, text) != said.end()) return true;
    said.push_back(text);
    return false;
  });
  if (!errors.empty()) return std::unexpected(std::move(errors));
  return std::make_shared<Notices>(*std::move(set), std::move(senders));
}

}  // namespace warifu::app
