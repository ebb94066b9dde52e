// RecordKey: the key under which cells of a member table are fingerprinted.
//
// 32 hex digits in a file of its own, never in an index. Whoever has key and index can try values
// of columns with few (numbers, dates) against it; with the index alone nobody can.
//
// Refuses: a key file that others can read or that its group can write, or of another owner than
// root and the user of this process.
// Threads: pure, but for the file.
#pragma once

#include <string>

#include "base/error.h"
#include "scan/siphash.h"

namespace warifu::scan {

// kNotFound when there is no such file.
Result<SipKey> ReadRecordKey(const std::string& path);
// Makes a new file with mode 0640; fails when it exists already.
Result<SipKey> CreateRecordKey(const std::string& path);
// For an index that lives in this process alone.
Result<SipKey> RandomRecordKey();

// Why a file that is open as `fd` cannot be trusted: its kind, its mode, its owner.
Result<void> CheckTrusted(int fd, const std::string& path, const char* what);

}  // namespace warifu::scan
