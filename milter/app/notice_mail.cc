#include "app/notice_mail.h"

namespace warifu::app {

ReadableNotice::ReadableNotice(const mail::Message& message, const Address* sender,
                               const binding::Options& options, bool head) {
  binding::Fields fields;
  for (const mail::HeaderField& field : message.fields) {
    fields.emplace_back(field.name, field.body);
  }
  authors_ = binding::Authors(fields, options);
  facts_.head = head;
  facts_.sender = sender;
  facts_.authors = authors_;
  facts_.segments = message.segments;
}

}  // namespace warifu::app
