// Hyperscan's compiler at its bounds.
#include "scan/bounded_compile.h"

#include <gmock/gmock.h>

#include <thread>

#include "scan_fixture.h"

namespace warifu::scan {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

// Keeps the compiler busy for minutes.
constexpr const char* kEndless = "\\pL{1,200}=\\pL{1,200}";

CompileBounds Within(milliseconds time) {
  return {.time = time, .time_alone = time};
}

TEST(BoundedCompile, GivesTheDatabaseOfTheChild) {
  const HsExpression expressions[] = {{"abc[0-9]+", 0}, {"x{3,9}y", HS_FLAG_CASELESS}};
  const auto database = CompileBounded(expressions, Within(milliseconds(20'000)));
  ASSERT_TRUE(database) << database.error().text;
  hs_scratch_t* scratch = nullptr;
  ASSERT_EQ(hs_alloc_scratch(database->get(), &scratch), HS_SUCCESS);
  unsigned seen = 0;
  hs_scan(
      database->get(), "--abc1 XXXXy", 12, 0, scratch,
      [](unsigned id, unsigned long long, unsigned long long, unsigned, void* context) {
        *static_cast<unsigned*>(context) |= 1u << id;
        return 0;
      },
      &seen);
  EXPECT_EQ(seen, 3u);
  hs_free_scratch(scratch);
}

TEST(BoundedCompile, NamesTheExpressionThatIsWrong) {
  const HsExpression expressions[] = {{"abc", 0}, {"a(?=b)", 0}};
  const auto database = CompileBounded(expressions, Within(milliseconds(20'000)));
  ASSERT_FALSE(database);
  EXPECT_EQ(database.error().expression, 1);
  EXPECT_FALSE(database.error().exceeded);
  EXPECT_FALSE(database.error().text.empty());
}

TEST(BoundedCompile, StopsAtTheBoundOfTime) {
  const HsExpression expressions[] = {{kEndless, HS_FLAG_UTF8}};
  const auto begin = std::chrono::steady_clock::now();
  const auto database = CompileBounded(expressions, Within(milliseconds(300)));
  ASSERT_FALSE(database);
  EXPECT_TRUE(database.error().exceeded);
  EXPECT_THAT(database.error().text, HasSubstr("300 ms"));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(30));
}

TEST(BoundedCompile, StopsAtTheBoundOfMemory) {
  const HsExpression expressions[] = {{kEndless, HS_FLAG_UTF8}};
  CompileBounds bounds = Within(milliseconds(20'000));
  bounds.memory = 8 << 20;
  const auto database = CompileBounded(expressions, bounds);
  ASSERT_FALSE(database);
  EXPECT_TRUE(database.error().exceeded);
  EXPECT_THAT(database.error().text, HasSubstr("8 MiB"));
}

// What a reload meets: the slow rule is named and refused, and nothing hangs.
TEST(BoundedCompile, ARuleThatTakesTooLongIsNamed) {
  const TempDir dir;
  const std::string path = dir.Write(
      "rules.toml", SimpleRule("quick", "quick[0-9]{4}") +
                        SimpleRule("endless", R"((?:\p{L}{0,9}[0-9]?\p{L}{0,9}){30}\pL{100})"));
  LoadOptions options;
  options.sources = {{path, false, {}}};
  options.bounds = Within(milliseconds(300));
  const auto set = Load(options);
  ASSERT_FALSE(set);
  EXPECT_THAT(TextOf(set.error()),
              ::testing::AllOf(HasSubstr(path + ":5:1"), HasSubstr("rule 'endless' takes longer"),
                               ::testing::Not(HasSubstr("quick"))));
}

TEST(BoundedCompile, ManyAtOnce) {
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int n = 0; n < 5; ++n) {
        const HsExpression expression{"abc[0-9]+", 0};
        EXPECT_TRUE(CompileBounded({&expression, 1}, Within(milliseconds(20'000))));
      }
    });
  }
}

}  // namespace
}  // namespace warifu::scan
