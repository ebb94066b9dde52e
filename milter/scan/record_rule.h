// RecordRule: an exact-match index as a rule: findings for the rows of a table that stand in a
// mail.
//
// A finding's rule is the schema's id, its owner the row's handle, its account the cell of the
// schema's account column; the preview is masked as for every rule. A row is found once in the
// parts of one alternative, and once in each other part. From `bulk_rows` different rows on, every
// finding of the mail has the bulk severity and action, and says how many there are.
//
// Guarantees: at most kMaxNamedRows findings a mail; where there are more rows, the last one's
// description says how many.
// Threads: const after making.
#pragma once

#include <memory>
#include <span>

#include "scan/pattern_set.h"
#include "scan/record_finder.h"

namespace warifu::scan {

inline constexpr std::size_t kMaxNamedRows = 1000;

class RecordRule {
 public:
  RecordRule(std::shared_ptr<const RecordIndex> index, const ActionDefaults& actions);

  const RecordIndex& index() const { return *index_; }
  // Adds to `out`.
  void Scan(std::span<const Segment> segments, const ScanContext& context, ScanResult* out) const;

 private:
  Finding Make(const Segment& segment, std::size_t at, const IndexMatch& match,
               const ScanContext& context) const;

  std::shared_ptr<const RecordIndex> index_;
  RecordFinder finder_;
  Action action_, bulk_action_;
};

}  // namespace warifu::scan
