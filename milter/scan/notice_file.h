// NoticeFile: the reader of notice declarations (warifu-notices(5)).
//
// Checks each key's type and each value's meaning, compiles the expressions, and collects all
// mistakes of all files with file, line and column.
// Threads: pure but for reading the files.
#pragma once

#include <re2/re2.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "scan/notice.h"

namespace warifu::scan {

// An address, or every address of a domain.
struct AddressPattern {
  Address address;  // local empty: the whole domain; both empty: the null sender
  bool Covers(const Address& other) const;
};

// Where a value stands.
struct ValuePlace {
  std::string header;          // "" for the text
  std::unique_ptr<RE2> regex;  // null: the whole field
  int group = 0;
};

struct Notice {
  NoticeInfo info;
  std::vector<AddressPattern> from, sender;
  std::unique_ptr<RE2> subject, text;
  ValuePlace account;
  std::optional<ValuePlace> token;
};

struct NoticeFiles {
  std::vector<Notice> notices;
  Errors errors;
};

NoticeFiles ReadNoticeFiles(const std::vector<std::string>& paths, const AddressOptions& options);

}  // namespace warifu::scan
