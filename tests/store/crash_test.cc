// Processes that race and processes that die, on both engines.
#include <gmock/gmock.h>

#include <chrono>
#include <random>
#include <thread>

#include "fixture.h"
#include "process.h"

namespace warifu::store {
namespace {

using std::chrono::milliseconds;

std::string AddressOf(std::uint32_t i) {
  return "a" + std::to_string(i) + "@x";
}

class CrashTest : public StoreTest {};
WARIFU_ON_BOTH_ENGINES(CrashTest);

TEST_P(CrashTest, TwoThreadsUseOneChangeOnce) {
  const auto other = Reopen();
  for (int round = 0; round < 20; ++round) {
    const std::string address = AddressOf(static_cast<std::uint32_t>(round));
    Must(store_->Enrol(address, {"anna"}, "mail", By("mail", 1)));
    Must(store_->Announce({{.address = address,
                            .from = "anna",
                            .to = "bert",
                            .reference = "C",
                            .announced = At(1),
                            .valid_until = At(100)}},
                          By("p", 1)));
    const std::int64_t change = Must(store_->ChangesOf(address, At(2))).at(0).id;
    std::atomic<int> moved{0}, raced{0};
    const auto use = [&](Store& store) {
      const Moved what =
          Must(store.Move(address, {"anna"}, {"bert"}, change, "change", By("mail", 2)));
      ++(what == Moved::kMoved ? moved : raced);
    };
    std::thread one([&] { use(*store_); });
    std::thread two([&] { use(round % 2 == 0 ? *store_ : *other); });
    one.join();
    two.join();
    EXPECT_EQ(moved, 1);
    EXPECT_EQ(raced, 1);
  }
}

TEST_P(CrashTest, TwoProcessesUseOneChangeOnce) {
  for (int round = 0; round < 5; ++round) {
    const std::string address = AddressOf(static_cast<std::uint32_t>(round));
    store_ = Reopen();
    Must(store_->Enrol(address, {"anna"}, "mail", By("mail", 1)));
    Must(store_->Announce({{.address = address,
                            .from = "anna",
                            .to = "bert",
                            .reference = "C",
                            .announced = At(1),
                            .valid_until = At(100)}},
                          By("p", 1)));
    const std::int64_t change = Must(store_->ChangesOf(address, At(2))).at(0).id;
    store_.reset();
    const auto go = std::chrono::steady_clock::now() + milliseconds(300);
    const auto use = [&](const Process::Say&) {
      const auto store = Open(place_->At());
      if (!store) return 3;
      std::this_thread::sleep_until(go);
      const auto what =
          (*store)->Move(address, {"anna"}, {"bert"}, change, "change", By("mail", 2));
      if (!what) return 2;
      return *what == Moved::kMoved ? 0 : 1;
    };
    Process one(use), two(use);
    EXPECT_THAT((std::vector{one.Wait(), two.Wait()}), testing::UnorderedElementsAre(0, 1));
  }
}

TEST_P(CrashTest, NothingAcknowledgedIsLostAndNothingIsHalf) {
  std::mt19937 random(4711);
  std::uint32_t next = 0;
  std::vector<std::uint32_t> acknowledged;
  store_.reset();
  for (int round = 0; round < 12; ++round) {
    Process child([&](const Process::Say& say) {
      const auto store = Open(place_->At());
      if (!store) return 3;
      say(0);  // begins
      for (std::uint32_t i = next;; ++i) {
        if (!(*store)->Enrol(AddressOf(i), {"anna"}, "mail", By("mail", 1))) return 2;
        if (!(*store)->Move(AddressOf(i), {"anna"}, {"bert"}, 0, "person", By("p", 2))) return 2;
        say(i);
      }
    });
    std::uint32_t last = 0;
    ASSERT_TRUE(child.Hear(&last));
    std::this_thread::sleep_for(milliseconds(50 + random() % 200));
    child.Kill();
    while (child.Hear(&last)) {
      acknowledged.push_back(last);
      next = last + 3;  // two may have been under way
    }
  }
  ASSERT_GT(acknowledged.size(), 10U);
  store_ = Reopen();
  EXPECT_TRUE(Must(store_->Check(true)).problems.empty());
  for (const std::uint32_t i : acknowledged) {
    EXPECT_EQ(Must(store_->Find(AddressOf(i))).Owners(), Accounts{"bert"}) << i;
  }
  // Acknowledged or not, the ledger says what the history says.
  for (std::uint32_t i = 0; i < next; ++i) {
    const auto rows = Must(store_->History({.address = AddressOf(i)}));
    const Accounts expected = rows.empty()       ? Accounts{}
                              : rows.size() == 1 ? Accounts{"anna"}
                                                 : Accounts{"bert"};
    EXPECT_EQ(Must(store_->Find(AddressOf(i))).Owners(), expected) << i;
  }
}

TEST_P(CrashTest, AnImportThatIsKilledLeavesNothing) {
  Must(store_->Enrol("first@x", {"first"}, "mail", By("mail", 1)));
  constexpr std::uint32_t kRows = 60'000;
  for (const int wait : {20, 60, 120, 200, 300, 450}) {
    store_.reset();
    Process child([&](const Process::Say& say) {
      const auto store = Open(place_->At());
      if (!store) return 3;
      say(0);
      std::uint32_t row = 0;
      const auto done = (*store)->Import(
          [&](DirectoryRow* out) -> Result<bool> {
            if (row == kRows) return false;
            *out = {AddressOf(row++), {"anna"}};
            return true;
          },
          {}, By("import", 1));
      return done ? 0 : 2;
    });
    std::uint32_t begun = 1;
    ASSERT_TRUE(child.Hear(&begun));
    std::this_thread::sleep_for(milliseconds(wait));
    child.Kill();
    store_ = Reopen();
    const auto health = Must(store_->Check(false));
    const bool imported = Must(store_->History({.limit = 1})).at(0).kind == "import";
    EXPECT_EQ(health.addresses, imported ? kRows + 1 : 1U) << "killed after " << wait << " ms";
    if (imported) break;
  }
}

}  // namespace
}  // namespace warifu::store
