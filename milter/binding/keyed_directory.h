// Keyed directory: what directories that are asked key by key have in common.
//
// A source answers the first of several keys that it holds, in one go and by one deadline; the
// order of the keys, the spelling of owners and the four answers are made here. Internal to
// binding. Threads: as the source, which must be safe to share.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "binding/directory.h"
#include "binding/table_keys.h"

namespace warifu::binding {

struct KeyHit {
  std::size_t key = 0;  // which
  std::vector<std::string> owners;
};

class KeySource {
 public:
  virtual ~KeySource() = default;
  // kInvalid, kNotFound: misconfigured; other errors: try later.
  virtual Result<std::optional<KeyHit>> First(std::vector<TableKey> keys) const = 0;
  virtual Spelling spelling() const = 0;
  virtual std::size_t size() const { return 0; }
  virtual std::string Describe() const = 0;
  virtual Result<void> Probe() const = 0;
  virtual Result<store::DirectoryRows> Rows(std::shared_ptr<RowReader> reader) const = 0;
  virtual LaneCounts lanes() const { return {}; }
};

std::unique_ptr<const Directory> MakeKeyed(std::unique_ptr<const KeySource> source,
                                           std::vector<std::string> local_domains);

}  // namespace warifu::binding
