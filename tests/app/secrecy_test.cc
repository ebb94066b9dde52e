// Secrecy: planted secrets reach no reply, header, event, log line or store, wherever they stand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>

#include "app/content.h"
#include "app/offline.h"
#include "gateway.h"

namespace warifu::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Secrecy, WithoutSecrets) {
  const std::vector<std::string> secrets = {"Xk29vmQ1zz", "Xk29vmQ1"};
  EXPECT_EQ(WithoutSecrets("a Xk29vmQ1zz b Xk29vmQ1.", secrets), "a ******** b ********.");
  EXPECT_EQ(WithoutSecrets("nothing", secrets), "nothing");
  EXPECT_EQ(WithoutSecrets("Ｘｋ２９ｖｍＱ１", secrets), "********") << "full width";
  EXPECT_EQ(WithoutSecrets("ｆｕｌｌ width", secrets), "ｆｕｌｌ width") << "left as it is";
  EXPECT_EQ(WithoutSecrets("Xk29vmQ1", {}), "Xk29vmQ1");
}

std::string Read(const std::string& path) {
  std::ostringstream all;
  all << std::ifstream(path, std::ios::binary).rdbuf();
  return all.str();
}

class Planter {
 public:
  explicit Planter(unsigned seed) : random_(seed) {}

  std::string Secret(std::size_t length) {
    constexpr std::string_view kLetters =
        "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnpqrstuvwxyz23456789";
    std::string out;
    while (out.size() < length) out.push_back(kLetters[random_() % kLetters.size()]);
    return out;
  }

  unsigned Pick(unsigned n) { return static_cast<unsigned>(random_() % n); }

 private:
  std::mt19937 random_;
};

// A mail that holds `label` somewhere that Pick() chooses.
std::string Plant(Planter& planter, const std::string& label) {
  switch (planter.Pick(8)) {
    case 0:
      return PlainMail("text " + label + "\nmore");
    case 1:
      return PlainMail("text\n-- \nTaro " + label);
    case 2:
      return PlainMail("text", "X-Note: " + label + "\n");
    case 3:
      return "From: taro@example.jp\nMessage-ID: <" + label + "@example.jp>\nSubject: x\n\n" +
             label + "\n";
    case 4:
      return "From: \"" + label + " hanako@example.jp\" <taro@example.jp>\nSubject: " + label +
             "\n\n" + label + "\n";
    case 5:
      return "From: taro@example.jp\nMIME-Version: 1.0\n"
             "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nhi\n"
             "--b\nContent-Type: application/octet-stream; name=\"" +
             label + ".txt\"\nContent-Disposition: attachment; filename=\"" + label + ".txt\"\n\n" +
             label + "\n--b--\n";
    case 6:
      return "From: taro@example.jp\nMIME-Version: 1.0\n"
             "Content-Type: text/html; charset=utf-8\n\n<p>" +
             label + "</p><!-- " + label + " -->\n";
    default:
      // A broken author field that quotes it.
      return "From: (" + label + " <taro@example.jp>\nTo: x@example.com\n\n" + label + "\n";
  }
}

TEST(Secrecy, PlantedSecretsReachNothingThatIsWrittenOrSaid) {
  constexpr std::string_view kModes[] = {"mode = \"enforce\";", "mode = \"observe\";"};
  Planter planter(20000501);
  int found = 0;
  for (const std::string_view mode : kModes) {
    Gateway gateway(mode);
    std::vector<std::string> secrets;
    std::string said;
    for (int i = 0; i < 150; ++i) {
      const std::string secret = planter.Secret(8 + planter.Pick(20));
      const std::string label = planter.Pick(2) == 0   ? "password: " + secret
                                : planter.Pick(2) == 0 ? "login=hanako&secret=" + secret
                                                       : "Ｐassword：" + secret;
      const Sent sent = gateway.Send(Plant(planter, label));
      secrets.push_back(secret);
      said += sent.reply().text + "\n" + sent.end.hold_reason + "\n";
      for (const auto& field : sent.end.add_fields) said += field.body + "\n";
      for (const std::string& reason : sent.end.verdict.reasons) said += reason + "\n";
    }
    const std::string events = Read(gateway.Path("events"));
    for (const auto& event : gateway.Events()) found += event["findings"].empty() ? 0 : 1;
    const std::string stored = Read(gateway.Path("store.db")) + Read(gateway.Path("store.db-wal"));
    // Incidents of mail that was held or refused.
    EXPECT_EQ(stored.contains("taro@example.jp"), mode.contains("enforce"));
    for (const std::string& secret : secrets) {
      ASSERT_FALSE(stored.contains(secret));
      ASSERT_THAT(said, Not(HasSubstr(secret)));
      ASSERT_THAT(events, Not(HasSubstr(secret)));
      ASSERT_THAT(gateway.log.text(), Not(HasSubstr(secret)));
    }
  }
  EXPECT_GT(found, 250) << "most of the planted ones are found, else the test shows nothing";
}

TEST(Secrecy, TheToolsReportHoldsNoneEither) {
  Gateway gateway;
  Planter planter(7);
  for (int i = 0; i < 50; ++i) {
    const std::string secret = planter.Secret(12);
    const OfflineReport report = InspectStoredMail(gateway.editable(), gateway.clock,
                                                   Plant(planter, "password: " + secret), {});
    for (const Finding& finding : report.findings) {
      EXPECT_THAT(finding.preview, Not(HasSubstr(secret)));
      EXPECT_THAT(finding.description, Not(HasSubstr(secret)));
    }
    for (const Fault& fault : report.faults) EXPECT_THAT(fault.detail, Not(HasSubstr(secret)));
    for (const auto& note : report.attachments) EXPECT_THAT(note.name, Not(HasSubstr(secret)));
  }
}

}  // namespace
}  // namespace warifu::app
