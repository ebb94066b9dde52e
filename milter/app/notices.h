// Notices: the declared notices together with who may send them.
//
// A notice counts only from its source: a client's network, a listener, a session account. The
// source is asked before the mail is read, so that a look-alike from anywhere else changes no flow,
// counter or dispute, and costs nothing.
//
// A declaration whose only source is "configured" is off while notices.sources is empty; a note of
// the snapshot says so.
// Threads: const after LoadDeclaredNotices().
#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/envelope.h"
#include "app/settings.h"
#include "base/error.h"
#include "base/network.h"
#include "scan/notice.h"

namespace warifu::app {

// Who may send one notice; any entry of any kind.
struct NoticeSenders {
  std::vector<Network> networks;
  std::vector<std::string> listeners;
  std::vector<std::string> accounts;  // canonical

  bool empty() const { return networks.empty() && listeners.empty() && accounts.empty(); }
  bool Hold(const Envelope& envelope, std::string_view listener) const;
};

class Notices {
 public:
  Notices(std::shared_ptr<const scan::NoticeSet> set, std::vector<NoticeSenders> senders)
      : set_(std::move(set)), senders_(std::move(senders)) {}

  const scan::NoticeSet& set() const { return *set_; }
  // Declarations that somebody may send.
  std::size_t active() const;

  // Whether this session is a declared source of any notice: only then need its mail be read.
  bool FromSource(const Envelope& envelope, std::string_view listener) const;
  // The first notice, in the order of the files, that the mail is.
  std::optional<std::size_t> Find(const Envelope& envelope, std::string_view listener,
                                  const scan::NoticeMail& mail) const;
  // The first notice that a mail from elsewhere wants to be taken for.
  std::optional<std::size_t> FindLookAlike(const Envelope& envelope, std::string_view listener,
                                           const scan::NoticeMail& mail) const;

 private:
  std::shared_ptr<const scan::NoticeSet> set_;
  std::vector<NoticeSenders> senders_;  // of the same length
};

// Reads notices.paths and fills in notices.sources. What a person should know goes to `notes`.
std::expected<std::shared_ptr<const Notices>, Errors> LoadDeclaredNotices(
    const Settings& settings, std::vector<std::string>* notes);

}  // namespace warifu::app
