// Table rows: the addresses of a text table one after the other, for the comparison with the
// ledger.
//
// Every mailbox that the table names comes with the owners that the directory gives for it; a bare
// name stands for an address in each local domain. Rows for a whole domain, for a sub-address and
// of what is no address are left out: they never prove an owner. Memory: the file, beside the
// directory. Threads: one at a time.
#pragma once

#include <memory>
#include <string>

#include "binding/checks.h"
#include "binding/directory.h"
#include "store/store.h"

namespace warifu::cli {

// `directory`: that table, opened. It outlives what comes back. kSystem: the file cannot be read.
Result<store::DirectoryRows> TableRows(const std::string& path, const binding::Directory& directory,
                                       const binding::Options& options);

}  // namespace warifu::cli
