#include <gmock/gmock.h>

#include "scan_fixture.h"

namespace warifu::scan {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Scanner, FindsASecretBetweenKana) {
  const SetPtr set = MustLoad(SimpleRule("token", R"(\bghp_[0-9A-Za-z]{36}\b)"));
  EXPECT_THAT(SecretsIn(*set, "トークンghp_abcdefghijklmnopqrstuvwxyz0123456789です"),
              ElementsAre("ghp_abcdefghijklmnopqrstuvwxyz0123456789"));
}

TEST(Scanner, FindsEveryOccurrence) {
  const SetPtr set = MustLoad(
      SimpleRule("pw", R"((?i)(?:パスワード|password)[ \t]{0,4}[:=][ \t]{0,4}([!-~]{6,32}))"));
  EXPECT_THAT(SecretsIn(*set, "パスワード：Xk29vmQ1\nPassword = hunter22\n" +
                                  std::string(5000, 'x') + "\nPASSWORD:third33"),
              ElementsAre("Xk29vmQ1", "hunter22", "third33"));
}

}  // namespace
}  // namespace warifu::scan
