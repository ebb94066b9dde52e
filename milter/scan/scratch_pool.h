// ScratchPool: working memory of scans, leased one to a scan.
//
// Hyperscan needs a scratch space for each scan that runs; the scanner records its hits beside it.
// Threads of a milter come and go, so the memory belongs to the pool and not to a thread: there are
// never more leases than scans that ran at once, and all is freed with the set.
//
// Threads: safe; a Lease belongs to one thread at a time and must end before the pool does.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "scan/first_pass.h"

namespace warifu::scan {

// Where the first pass found a form: ends from `first` to `last`.
struct Hit {
  std::uint32_t form = 0;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

struct Scratch {
  HsScratch hs;  // null when the set has no database
  std::vector<Hit> hits;
  // Index into `hits` of each form's latest hit, valid while that hit is of the form.
  std::vector<std::uint32_t> latest;
  // What is scanned, by what, and how many more reports are checked; all further ones count.
  const FirstPass* pass = nullptr;
  std::string_view text;
  std::size_t checks = 0;

  // Before each hs_scan; both must outlive it.
  void Begin(const FirstPass& first_pass, std::string_view segment);
};

// Hyperscan's match callback, with a Scratch as context: checks and records.
int RecordHit(unsigned id, unsigned long long from, unsigned long long to, unsigned flags,
              void* scratch);

class ScratchPool {
 public:
  class Lease {
   public:
    Lease(ScratchPool* pool, std::unique_ptr<Scratch> scratch)
        : pool_(pool), scratch_(std::move(scratch)) {}
    Lease(Lease&&) = default;
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (scratch_) pool_->Return(std::move(scratch_));
    }
    Scratch* operator->() const { return scratch_.get(); }
    Scratch& operator*() const { return *scratch_; }

   private:
    ScratchPool* pool_;
    std::unique_ptr<Scratch> scratch_;
  };

  // `database` may be null; it must outlive the pool.
  static Result<std::unique_ptr<ScratchPool>> Make(const hs_database_t* database,
                                                   std::size_t forms);
  // kTemporary when memory ran out.
  Result<Lease> Take();
  std::size_t idle() const;
  ScratchUse use() const;

 private:
  explicit ScratchPool(std::size_t forms) : forms_(forms) {}
  void Return(std::unique_ptr<Scratch> scratch);

  std::size_t forms_;
  HsScratch prototype_;
  std::size_t bytes_ = 0;  // of one scratch space
  std::atomic<std::size_t> made_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Scratch>> idle_;
};

}  // namespace warifu::scan
