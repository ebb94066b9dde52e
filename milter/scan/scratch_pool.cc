#include "scan/scratch_pool.h"

#include <algorithm>
#include <utility>

namespace warifu::scan {
namespace {

constexpr std::size_t kKeptHits = 1u << 16;  // a hostile mail's many hits are not kept for ever

constexpr std::uint32_t kJoin = 256;  // reported ends this near are one hit

// A text of labels alone would be checked at each of them. One check for so many bytes is more than
// ordinary texts ask for.
constexpr std::size_t kBytesACheck = 64, kLeastChecks = 256;

// Whether what the form asks for stands at `end`.
bool Passes(const ProbeForm& form, std::uint32_t end, Scratch* scratch) {
  const std::string_view text = scratch->text;
  if (form.check == nullptr) return true;
  if (scratch->checks == 0) return true;
  --scratch->checks;
  return form.check->Accepts(text, end);
}

void Record(std::uint32_t form, std::uint32_t end, Scratch* scratch) {
  std::uint32_t& latest = scratch->latest[form];
  if (latest < scratch->hits.size()) {
    Hit& hit = scratch->hits[latest];
    if (hit.form == form && end >= hit.first && end <= hit.last + kJoin) {
      hit.last = std::max(hit.last, end);
      return;
    }
  }
  latest = static_cast<std::uint32_t>(scratch->hits.size());
  scratch->hits.push_back({form, end, end});
}

}  // namespace

void Scratch::Begin(const FirstPass& first_pass, std::string_view segment) {
  hits.clear();
  pass = &first_pass;
  text = segment;
  checks = kLeastChecks + segment.size() / kBytesACheck;
}

int RecordHit(unsigned id, unsigned long long, unsigned long long to, unsigned, void* context) {
  auto* scratch = static_cast<Scratch*>(context);
  const auto end = static_cast<std::uint32_t>(to);
  for (const std::uint32_t form : scratch->pass->forms_of[id]) {
    if (Passes(scratch->pass->forms[form], end, scratch)) Record(form, end, scratch);
  }
  return 0;
}

Result<std::unique_ptr<ScratchPool>> ScratchPool::Make(const hs_database_t* database,
                                                       std::size_t forms) {
  std::unique_ptr<ScratchPool> pool(new ScratchPool(forms));
  if (database != nullptr) {
    hs_scratch_t* scratch = nullptr;
    if (hs_alloc_scratch(database, &scratch) != HS_SUCCESS) {
      return Fail(ErrorKind::kTemporary, "no memory for the pattern engine's scratch space");
    }
    pool->prototype_.reset(scratch);
    if (hs_scratch_size(scratch, &pool->bytes_) != HS_SUCCESS) pool->bytes_ = 0;
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
  made->latest.assign(forms_, 0);
  made_.fetch_add(1, std::memory_order_relaxed);
  return Lease(this, std::move(made));
}

void ScratchPool::Return(std::unique_ptr<Scratch> scratch) {
  if (scratch->hits.capacity() > kKeptHits) scratch->hits = {};
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(scratch));
}

ScratchUse ScratchPool::use() const {
  const std::size_t spaces = made_.load(std::memory_order_relaxed);
  // Beside these there is the one that they are copies of.
  return {.spaces = spaces, .bytes = bytes_ * (spaces + 1)};
}

std::size_t ScratchPool::idle() const {
  const std::lock_guard lock(mutex_);
  return idle_.size();
}

}  // namespace warifu::scan
