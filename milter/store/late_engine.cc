// An engine that is opened when its server is found.
#include <mutex>
#include <string>
#include <utility>

#include "base/lane_pool.h"
#include "store/engine.h"

namespace warifu::store {
namespace {

// What is shared with an attempt that may outlive its caller.
class Slot {
 public:
  explicit Slot(EngineOpener open) : open_(std::move(open)) {}

  std::shared_ptr<Engine> engine() {
    const std::lock_guard lock(mutex_);
    return engine_;
  }

  // On one lane at a time, but for one that hangs; the first that opens counts.
  Result<void> Open() {
    if (engine() != nullptr) return {};
    Result<std::unique_ptr<Engine>> opened = open_();
    if (!opened) return std::unexpected(std::move(opened.error()));
    const std::lock_guard lock(mutex_);
    if (engine_ == nullptr) engine_ = std::move(*opened);
    return {};
  }

 private:
  const EngineOpener open_;
  std::mutex mutex_;
  std::shared_ptr<Engine> engine_;
};

class LateEngine final : public Engine {
 public:
  LateEngine(std::string_view kind, EngineOpener open, const Options& options)
      : kind_(kind),
        timeout_(options.timeout),
        slot_(std::make_shared<Slot>(std::move(open))),
        attempts_({.lanes = 1, .spare = 1, .max_backoff = std::chrono::seconds(4)},
                  [slot = slot_] { return std::make_unique<std::shared_ptr<Slot>>(slot); }) {}

  std::string_view Kind() const override { return kind_; }
  Result<void> Run(Work work) override {
    return With([&](Engine& engine) { return engine.Run(std::move(work)); });
  }
  Result<void> RunLong(Work work) override {
    return With([&](Engine& engine) { return engine.RunLong(std::move(work)); });
  }
  Result<Store::Health> Check(bool deep) override {
    return With([&](Engine& engine) { return engine.Check(deep); });
  }
  Result<void> Backup(const std::string& path) override {
    return With([&](Engine& engine) { return engine.Backup(path); });
  }

 private:
  template <typename F>
  std::invoke_result_t<F&, Engine&> With(F use) {
    std::shared_ptr<Engine> engine = slot_->engine();
    if (engine == nullptr) {
      Result<void> opened =
          attempts_.Run([](std::shared_ptr<Slot>& slot) { return slot->Open(); }, timeout_);
      if (!opened) {
        opened.error().text = "not opened since the start: " + opened.error().text;
        return std::unexpected(std::move(opened.error()));
      }
      engine = slot_->engine();
    }
    return use(*engine);
  }

  const std::string kind_;
  const std::chrono::milliseconds timeout_;
  const std::shared_ptr<Slot> slot_;
  LanePool<std::shared_ptr<Slot>> attempts_;
};

}  // namespace

std::unique_ptr<Engine> MakeLateEngine(std::string_view kind, EngineOpener open,
                                       const Options& options) {
  return std::make_unique<LateEngine>(kind, std::move(open), options);
}

}  // namespace warifu::store
