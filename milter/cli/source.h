// Source: the stored messages behind the paths of a command line.
//
// A folder is read recursively in name order; of a Maildir (a folder with cur and new) tmp is left
// out. A file is an mbox when it begins with a "From " line, a mail when its first lines
// are header fields with at least one that mails are known by (or it is called .eml, or lies in a
// Maildir), else a plain file: one message of one part. "-" is standard input, read by the same
// signs. In folders, symbolic links to folders are not followed and only regular files are read.
//
// Guarantees: messages come in a fixed order; memory is bounded by `max_bytes` a message: a longer
// one comes cut one byte above the limit. What cannot be read is told and the rest goes on.
// SECURITY: files are hostile input; nothing is opened for writing, and no terminal is taken over.
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace warifu::cli {

struct StoredMessage {
  std::string path;         // "-" for standard input
  std::uint64_t index = 0;  // in an mbox, from 0
  bool mail = true;         // false: a plain file
  std::string raw;
  bool in_mbox = false;
};

enum class FileKind { kMbox, kMail, kPlain };

// By the first bytes of a file.
FileKind SniffFile(std::string_view head);

struct SourceSink {
  std::function<bool(StoredMessage)> message;  // false: no more wanted
  std::function<void(const Error&)> unreadable;
};

// False when the sink wanted no more.
bool ReadSources(std::span<const std::string> paths, int standard_input, std::size_t max_bytes,
                 const SourceSink& sink);

}  // namespace warifu::cli
