// An exact-match index on ordinary mail: no row of a made-up table stands in it.
#include <gtest/gtest.h>

#include <cstdio>

#include "../mail/shared_data.h"
#include "../scan/member_table.h"
#include "base/normalise.h"
#include "mail/message.h"
#include "scan/index_builder.h"
#include "scan/record_finder.h"

namespace warifu::scan {
namespace {

TEST(Ham, NoRowOfAMadeUpTableIsMetByChance) {
  SKIP_WITHOUT_SHARED_DATA("spamassassin-publiccorpus");
  const auto schema = ParseIndexSchema(test::kMemberSchema, "schema");
  ASSERT_TRUE(schema);
  test::MemberTable table;
  const SipKey key{7, 11};
  auto built = BuildIndex(*schema, key, table, WallTime{}, {});
  ASSERT_TRUE(built) << built.error().ToString();
  EXPECT_LE(built->bytes.size(), 64u << 20);
  const auto index = RecordIndex::FromBytes(std::move(built->bytes), key);
  ASSERT_TRUE(index);
  const RecordFinder finder(**index);
  FindStats stats;
  FindOptions options;
  options.stats = &stats;
  std::size_t mails = 0, bytes = 0;
  std::vector<IndexMatch> matches;
  for (const auto& folder : std::filesystem::directory_iterator(warifu::test::SharedData(""))) {
    const std::string name = folder.path().filename();
    if (!folder.is_directory() || name.ends_with(".sealed")) continue;
    for (const auto& path : warifu::test::FilesBelow(folder.path())) {
      if (std::filesystem::file_size(path) > (4u << 20)) continue;
      const mail::Message message = mail::Parse(warifu::test::ReadFile(path), {});
      ++mails;
      const std::size_t before = matches.size();
      for (const Segment& segment : message.segments) {
        bytes += segment.text.size();
        finder.Find(segment.text, options, &matches);
      }
      if (matches.size() > before) std::printf("met by chance in %s\n", path.c_str());
    }
  }
  std::printf(
      "%zu files, %zu KiB of text: %lu candidates, %lu passed the filter; met: %lu numbers, "
      "%lu logins, %lu passwords; %zu rows matched\n",
      mails, bytes / 1024, stats.candidates, stats.passed, stats.keys[0], stats.keys[1],
      stats.keys[2], matches.size());
  EXPECT_GT(stats.keys[1], 0u);
  EXPECT_EQ(matches.size(), 0u);
}

}  // namespace
}  // namespace warifu::scan
