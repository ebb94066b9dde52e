// ReadableNotice: a parsed mail as the matcher of notices reads it.
//
// Threads: plain value; what it was made of outlives it.
#pragma once

#include <vector>

#include "base/address.h"
#include "binding/checks.h"
#include "mail/message.h"
#include "scan/notice.h"

namespace warifu::app {

class ReadableNotice {
 public:
  // `sender`: of the envelope, null where it is not known. `head`: false for a text without one.
  ReadableNotice(const mail::Message& message, const Address* sender,
                 const binding::Options& options, bool head = true);
  ReadableNotice(const ReadableNotice&) = delete;
  ReadableNotice& operator=(const ReadableNotice&) = delete;

  const scan::NoticeMail& facts() const { return facts_; }

 private:
  std::vector<Address> authors_;
  scan::NoticeMail facts_;
};

}  // namespace warifu::app
