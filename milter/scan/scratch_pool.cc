#include "scan/scratch_pool.h"

#include <algorithm>
#include <utility>

namespace warifu::scan {
namespace {

constexpr std::size_t kKeptHits = 1u << 16;  // a hostile mail's many hits are not kept for ever

constexpr std::uint32_t kJoin = 256;  // reported ends this near are one hit

}  // namespace

int RecordHit(unsigned id, unsigned long long, unsigned long long to, unsigned, void* context) {
  auto* scratch = static_cast<Scratch*>(context);
  const auto end = static_cast<std::uint32_t>(to);
  std::uint32_t& latest = scratch->latest[id];
  if (latest < scratch->hits.size()) {
    Hit& hit = scratch->hits[latest];
    if (hit.expression == id && end >= hit.first && end <= hit.last + kJoin) {
      hit.last = std::max(hit.last, end);
      return 0;
    }
  }
  latest = static_cast<std::uint32_t>(scratch->hits.size());
  scratch->hits.push_back({id, end, end});
  return 0;
}

Result<std::unique_ptr<ScratchPool>> ScratchPool::Make(const hs_database_t* database,
                                                       std::size_t expressions) {
  std::unique_ptr<ScratchPool> pool(new ScratchPool(expressions));
  if (database != nullptr) {
    hs_scratch_t* scratch = nullptr;
    if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS) {
      return Fail(ErrorKind::kTemporary, "no memory for the pattern engine's scratch space");
    }
    pool->prototype_.reset(scratch);
  }
  return pool;
}

Result<ScratchPool::Lease> ScratchPool::Take() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      std::unique_ptr<Scratch> scratch = std::move(idle_.back());
      idle_.pop_back();
      return Lease(this, std::move(scratch));
    }
  }
  auto made = std::make_unique<Scratch>();
  if (prototype_) {
    hs_scratch_t* scratch = nullptr;
    if (hs_clone_scratch(prototype_.get(), &scratch) != HS_SUCCESS) {
      return Fail(ErrorKind::kTemporary, "no memory for the pattern engine's scratch space");
    }
    made->hs.reset(scratch);
  }
  made->latest.assign(expressions_, 0);
  return Lease(this, std::move(made));
}

void ScratchPool::Return(std::unique_ptr<Scratch> scratch) {
  if (scratch->hits.capacity() > kKeptHits) scratch->hits = {};
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(scratch));
}

std::size_t ScratchPool::idle() const {
  const std::lock_guard lock(mutex_);
  return idle_.size();
}

}  // namespace warifu::scan
