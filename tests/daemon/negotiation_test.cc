#include "daemon/negotiation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libmilter/mfapi.h>

#include <set>
#include <sstream>

namespace warifu::daemon {
namespace {

constexpr unsigned long kSilent = SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_HDR | SMFIP_NR_BODY;

TEST(Negotiation, AsksOnlyForWhatIsUsed) {
  const Agreement all = Negotiate(SMFI_CURR_ACTS, SMFI_CURR_PROT, Transport::kUnix);
  EXPECT_EQ(all.actions, static_cast<unsigned long>(SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_CHGBODY |
                                                    SMFIF_QUARANTINE | SMFIF_SETSYMLIST));
  EXPECT_EQ(all.protocol,
            kSilent | SMFIP_NOEOH | SMFIP_NODATA | SMFIP_NOUNKNOWN | SMFIP_HDR_LEADSPC);
  EXPECT_TRUE(all.features.silent);
  EXPECT_TRUE(all.features.leading_space);
  EXPECT_TRUE(all.features.own_macros);
  EXPECT_THAT(all.missing, testing::IsEmpty());
}

// MAIL, RCPT and end of message decide: a step that decides must be answered.
TEST(Negotiation, NeverSilencesADecidingStep) {
  for (const Transport transport : {Transport::kUnix, Transport::kTcp}) {
    const Agreement agreement = Negotiate(~0ul, ~0ul, transport);
    EXPECT_EQ(agreement.protocol & (SMFIP_NR_MAIL | SMFIP_NR_RCPT | SMFIP_NOMAIL | SMFIP_NORCPT |
                                    SMFIP_NOBODY | SMFIP_NOHDRS | SMFIP_NOCONNECT | SMFIP_NOHELO),
              0ul);
  }
}

TEST(Negotiation, AnswersEveryStepOverTcp) {
  const Agreement agreement = Negotiate(SMFI_CURR_ACTS, SMFI_CURR_PROT, Transport::kTcp);
  EXPECT_EQ(agreement.protocol & kSilent, 0ul);
  EXPECT_FALSE(agreement.features.silent);
}

// An MTA closes the connection when it is asked for what it did not offer.
TEST(Negotiation, NeverAsksForMoreThanWasOffered) {
  for (unsigned bit = 0; bit < 21; ++bit) {
    const unsigned long offered = SMFI_CURR_PROT & ~(1ul << bit);
    const unsigned long actions = SMFI_CURR_ACTS & ~(1ul << (bit % 9));
    const Agreement agreement = Negotiate(actions, offered, Transport::kUnix);
    EXPECT_EQ(agreement.protocol & ~offered, 0ul) << bit;
    EXPECT_EQ(agreement.actions & ~actions, 0ul) << bit;
  }
  const Agreement nothing = Negotiate(0, 0, Transport::kUnix);
  EXPECT_EQ(nothing.actions, 0ul);
  EXPECT_EQ(nothing.protocol, 0ul);
  EXPECT_FALSE(nothing.features.silent);
  EXPECT_EQ(nothing.missing.size(), 6u);
}

TEST(Negotiation, NamesWhatIsMissing) {
  const Agreement agreement =
      Negotiate(SMFI_CURR_ACTS & ~SMFIF_QUARANTINE, SMFI_CURR_PROT, Transport::kUnix);
  EXPECT_THAT(agreement.missing, testing::ElementsAre(testing::HasSubstr("hold mail")));
}

TEST(Negotiation, MacroListsAreShortAndNeverEmpty) {
  std::set<int> stages;
  for (const auto& [stage, list] : kMacroLists) {
    EXPECT_TRUE(stages.insert(stage).second);
    std::istringstream words(list);
    std::set<std::string> names;
    for (std::string word; words >> word;) EXPECT_TRUE(names.insert(word).second) << word;
    EXPECT_GT(names.size(), 0u);
    EXPECT_LE(names.size(), 50u);  // Sendmail cuts the rest without a word
    EXPECT_TRUE(names.contains("{daemon_name}"));
  }
}

}  // namespace
}  // namespace warifu::daemon
