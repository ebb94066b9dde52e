// A whole directory against the ledger, on both engines.
#include <gmock/gmock.h>

#include <thread>

#include "fixture.h"

namespace warifu::store {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

DirectoryRows From(std::vector<DirectoryRow> rows) {
  return
      [rows = std::move(rows), next = std::size_t{0}](DirectoryRow* row) mutable -> Result<bool> {
        if (next == rows.size()) return false;
        *row = rows[next++];
        return true;
      };
}

class ImportTest : public StoreTest {
 protected:
  Comparison Import(std::vector<DirectoryRow> rows, const ImportOptions& options = {},
                    std::int64_t at = 100) {
    return Must(store_->Import(From(std::move(rows)), options, By("import", at)));
  }
  Accounts Owners(const std::string& address) { return Must(store_->Find(address)).Owners(); }
};
WARIFU_ON_BOTH_ENGINES(ImportTest);

TEST_P(ImportTest, TakesOverANewDirectory) {
  const Comparison found = Import({{"b@x", {"bert"}}, {"a@x", {"anna", "all"}}, {"c@x", {"c"}}});
  EXPECT_EQ(found.rows, 3U);
  EXPECT_EQ(found.added, 3U);
  EXPECT_FALSE(found.refused);
  EXPECT_THAT(Owners("a@x"), ElementsAre("all", "anna"));
  const Proof proof = Must(store_->Find("b@x")).proven.at(0);
  EXPECT_EQ(proof.source, "import");
  EXPECT_EQ(proof.since, At(100));
  EXPECT_EQ(proof.reference, "T-1");
  const auto rows = Must(store_->History({}));
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].kind, "import");
  EXPECT_THAT(rows[0].after, testing::HasSubstr("3 new"));
}

TEST_P(ImportTest, TellsAllCasesApart) {
  Import({{"same@x", {"anna"}},
          {"differs@x", {"anna", "bert"}},
          {"gone@x", {"anna"}},
          {"moved@x", {"anna"}},
          {"swapped@x", {"anna"}},
          {"back@x", {"anna"}}});
  Must(store_->MarkReleased("back@x", By("dir", 110)));
  Must(store_->Announce({{.address = "moved@x",
                          .from = "anna",
                          .to = "bert",
                          .reference = "C",
                          .announced = At(1),
                          .valid_until = At(500)}},
                        By("p", 120)));
  const std::vector<DirectoryRow> directory = {
      {"same@x", {"anna"}},   {"differs@x", {"bert", "carl"}},
      {"moved@x", {"bert"}},  {"swapped@x", {"bert"}},
      {"back@x", {"anna"}},   {"new@x", {"dora"}},
      {"double@x", {"anna"}}, {"double@x", {"bert"}},
      {"twice@x", {"anna"}},  {"twice@x", {"anna"}}};

  const auto check = [&](const Comparison& found) {
    EXPECT_EQ(found.rows, 10U);
    EXPECT_EQ(found.same, 3U);
    EXPECT_EQ(found.differs, 1U);
    EXPECT_EQ(found.added, 2U);
    EXPECT_EQ(found.gone, 1U);
    EXPECT_EQ(found.explained, 1U);
    EXPECT_EQ(found.swapped, 1U);
    EXPECT_EQ(found.doubled, 1U);
    EXPECT_THAT(found.doubles, ElementsAre("double@x"));
    ASSERT_EQ(found.swaps.size(), 1U);
    EXPECT_EQ(found.swaps[0].address, "swapped@x");
    EXPECT_THAT(found.swaps[0].directory, ElementsAre("bert"));
    EXPECT_THAT(found.swaps[0].ledger, ElementsAre("anna"));
  };
  const auto before = Must(store_->History({})).size();
  check(Import(directory, {.write = false}, 200));
  const Comparison refused = Import(directory, {}, 200);
  check(refused);
  EXPECT_TRUE(refused.refused);
  EXPECT_EQ(Must(store_->History({})).size(), before) << "audit and refusal write nothing";
  EXPECT_THAT(Owners("new@x"), IsEmpty());

  const Comparison taken = Import(directory, {.max_unexplained = 1, .dispute = true}, 200);
  check(taken);
  EXPECT_FALSE(taken.refused);
  EXPECT_THAT(Owners("differs@x"), ElementsAre("bert", "carl"));
  EXPECT_THAT(Owners("moved@x"), ElementsAre("bert"));
  EXPECT_THAT(Owners("swapped@x"), ElementsAre("anna"));
  EXPECT_THAT(Owners("new@x"), ElementsAre("dora"));
  EXPECT_THAT(Owners("twice@x"), ElementsAre("anna"));
  EXPECT_THAT(Owners("double@x"), IsEmpty());
  EXPECT_EQ(Must(store_->Find("gone@x")).released, At(200));
  EXPECT_FALSE(Must(store_->Find("back@x")).released);
  ASSERT_TRUE(Must(store_->Find("swapped@x")).dispute);
  EXPECT_EQ(Must(store_->Find("swapped@x")).dispute->kind, DisputeKind::kPin);
  EXPECT_THAT(Must(store_->ChangesOf("moved@x", At(200))), IsEmpty()) << "used";

  Import({{"swapped@x", {"anna"}}}, {}, 300);
  EXPECT_FALSE(Must(store_->Find("swapped@x")).dispute) << "they agree again";
}

TEST_P(ImportTest, AnAuditCanMarkWhatIsSwapped) {
  Import({{"a@x", {"anna"}}, {"b@x", {"bert"}}});
  const Comparison found = Import({{"a@x", {"bert"}}, {"b@x", {"anna"}}, {"c@x", {"c"}}},
                                  {.write = false, .dispute = true});
  EXPECT_EQ(found.swapped, 2U);
  EXPECT_EQ(Must(store_->Disputes(10)).size(), 2U);
  EXPECT_THAT(Owners("c@x"), IsEmpty());
}

TEST_P(ImportTest, OthersWriteWhileALargeDirectoryIsCompared) {
  std::vector<DirectoryRow> rows;
  for (int i = 0; i < 30'000; ++i) rows.push_back({"u" + std::to_string(i) + "@x", {"anna"}});
  Import(rows);
  const auto other = Reopen();
  rows[5].accounts = {"anna", "bert"};
  rows.push_back({"new@x", {"carl"}});
  rows.push_back({"raced@x", {"carl"}});
  bool written = false;
  ImportOptions options;
  options.progress = [&](std::uint64_t, std::uint64_t compared) {
    if (compared == 0 || written) return;
    written = true;  // in the midst of the walk
    EXPECT_TRUE(Must(other->Enrol("raced@x", {"dora"}, "mail", By("mail", 50))));
    EXPECT_EQ(Must(other->Move("u5@x", {"anna"}, {"bert"}, 0, "person", By("p", 50))),
              Moved::kMoved);
  };
  const Comparison found = Import(rows, options);
  EXPECT_TRUE(written);
  EXPECT_EQ(found.added, 2U);
  EXPECT_THAT(Owners("new@x"), ElementsAre("carl"));
  EXPECT_THAT(Owners("raced@x"), ElementsAre("dora")) << "proven by mail meanwhile";
  EXPECT_THAT(Owners("u5@x"), ElementsAre("anna", "bert"));
}

TEST_P(ImportTest, AReleasedAddressIsFreeAfterTheCoolOff) {
  Import({{"a@x", {"anna"}}, {"z@x", {"z"}}});
  Must(store_->MarkReleased("a@x", By("dir", 200)));
  const auto options = [](int days) { return ImportOptions{.cool_off = std::chrono::days{days}}; };
  EXPECT_TRUE(Import({{"a@x", {"bert"}}, {"z@x", {"z"}}}, options(2), 200 + 86'400).refused);
  EXPECT_FALSE(Import({{"a@x", {"bert"}}, {"z@x", {"z"}}}, options(1), 200 + 86'400).refused);
  EXPECT_THAT(Owners("a@x"), ElementsAre("bert"));
}

TEST_P(ImportTest, LeavesAloneWhatAPersonMarked) {
  Import({{"a@x", {"anna"}}});
  const Dispute marked{.kind = DisputeKind::kPerson, .since = At(1)};
  Must(store_->AddDispute("a@x", marked, By("p", 1)));
  Must(store_->AddDispute("new@x", marked, By("p", 1)));
  Import({{"a@x", {"anna", "bert"}}, {"new@x", {"carl"}}});
  EXPECT_THAT(Owners("a@x"), ElementsAre("anna"));
  EXPECT_THAT(Owners("new@x"), IsEmpty());
  EXPECT_TRUE(Must(store_->Find("a@x")).dispute);
}

TEST_P(ImportTest, AnEmptyOrBrokenDirectoryChangesNothing) {
  Import({{"a@x", {"anna"}}});
  EXPECT_TRUE(Import({}).refused);
  EXPECT_FALSE(Must(store_->Find("a@x")).released);
  const ImportOptions options;
  int rows = 0;
  const DirectoryRows broken = [&](DirectoryRow* row) -> Result<bool> {
    if (++rows == 3) return Fail(ErrorKind::kTemporary, "the server went away");
    *row = {"row" + std::to_string(rows) + "@x", {"anna"}};
    return true;
  };
  EXPECT_EQ(store_->Import(broken, options, By("import", 1)).error().kind, ErrorKind::kTemporary);
  EXPECT_THAT(Owners("row1@x"), IsEmpty());
  EXPECT_EQ(store_->Import(From({{"a@x", {}}}), options, By("import", 1)).error().kind,
            ErrorKind::kInvalid);
}

TEST_P(ImportTest, ManyRowsAndLookupsMeanwhile) {
  constexpr int kRows = 50'000;  // more than two pages
  const auto address = [](int i) { return "user" + std::to_string(i) + "@例え.jp"; };
  std::vector<DirectoryRow> rows;
  for (int i = 0; i < kRows; ++i)
    rows.push_back({address(i * 7919 % kRows), {"a" + std::to_string(i)}});
  rows.push_back({"tab\tand\\slash@x", {"new\nline"}});
  Import({{"first@x", {"first"}}});
  std::atomic<bool> done{false};
  const auto other = Reopen();
  std::thread reader([&] {
    while (!done) {
      Must(other->Refresh());
      EXPECT_THAT(Must(other->Find("first@x")).Owners(), ElementsAre("first"));
    }
  });
  std::uint64_t read = 0, compared = 0;
  ImportOptions options;
  options.progress = [&](std::uint64_t r, std::uint64_t c) {
    EXPECT_GE(r, read);
    EXPECT_GE(c, compared);
    read = r;
    compared = c;
  };
  const Comparison found = Import(rows, options);
  done = true;
  reader.join();
  EXPECT_EQ(found.added, kRows + 1U);
  EXPECT_EQ(found.gone, 1U);
  EXPECT_GE(compared, 50'000U);
  EXPECT_THAT(Owners("tab\tand\\slash@x"), ElementsAre("new\nline"));
  Must(other->Refresh());
  EXPECT_EQ(Must(other->Find(address(4711))).proven.size(), 1U);
  EXPECT_EQ(Must(store_->Check(false)).addresses, kRows + 2U);
  const Comparison again = Import(rows, {.write = false});
  EXPECT_EQ(again.same, kRows + 1U);
  EXPECT_EQ(again.added, 0U);
}

}  // namespace
}  // namespace warifu::store
