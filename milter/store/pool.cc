#include "store/pool.h"

#include <exception>
#include <string>
#include <utility>

namespace warifu::store {

Result<std::unique_ptr<Connection>> TryOpen(const Pool::Opener& open) {
  try {
    return open();
  } catch (const Failure& failure) {
    return Fail(failure.kind(), failure.what());
  } catch (const std::exception& thrown) {
    return Fail(ErrorKind::kSystem, std::string("the store cannot be opened: ") + thrown.what());
  }
}

Result<void> Guard(Connection& connection, const Work& work, bool* keep) {
  try {
    work(connection);
    return {};
  } catch (const Failure& failure) {
    return Fail(failure.kind(), failure.what());
  } catch (const std::exception& thrown) {
    return std::unexpected(connection.Explain(thrown, keep));
  }
}

Result<void> Pool::Run(const Work& work, SteadyTime deadline) {
  std::unique_ptr<Connection> connection;
  {
    std::unique_lock lock(mutex_);
    if (!freed_.wait_until(lock, deadline, [&] { return free_ > 0; })) {
      return Fail(ErrorKind::kTemporary, "the store is busy: all its connections are in use");
    }
    --free_;
    if (!idle_.empty()) {
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
  }
  Result<void> done;
  bool keep = true;
  if (connection != nullptr && !connection->IsSound()) connection.reset();
  if (connection == nullptr) {
    if (auto opened = TryOpen(open_)) {
      connection = std::move(*opened);
    } else {
      done = std::unexpected(std::move(opened.error()));
    }
  }
  if (connection != nullptr) done = Guard(*connection, work, &keep);
  if (!keep) connection.reset();
  {
    const std::lock_guard lock(mutex_);
    ++free_;
    if (connection != nullptr) idle_.push_back(std::move(connection));
  }
  freed_.notify_one();
  return done;
}

}  // namespace warifu::store
