// `warifu records index`: a member table becomes an exact-match index.
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <ostream>
#include <thread>

#include "base/redact.h"
#include "cli/handlers.h"
#include "cli/member_table.h"
#include "cli/progress.h"
#include "cli/source.h"
#include "cli/tool_settings.h"
#include "mail/message.h"
#include "scan/index_builder.h"
#include "scan/record_finder.h"
#include "scan/record_key.h"

namespace warifu::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Background {
  std::uint64_t messages = 0, bytes = 0, unreadable = 0;
  scan::FindStats stats;
  std::uint64_t matches = 0, rows_met = 0;
};

void PrintJson(Terminal& terminal, const Json& line) {
  terminal.out << line.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

// The group of the daemon's user, where root makes the file for it; else -1.
long GroupFor(const app::Settings& settings) {
  if (geteuid() != 0 || settings.user.empty()) return -1;
  const passwd* user = getpwnam(settings.user.c_str());
  return user == nullptr ? -1 : static_cast<long>(user->pw_gid);
}

Result<scan::SipKey> KeyFor(const std::string& path, long group, Terminal& terminal) {
  Result<scan::SipKey> key = scan::ReadRecordKey(path);
  if (key || key.error().kind != ErrorKind::kNotFound) return key;
  key = scan::CreateRecordKey(path);
  if (!key) return key;
  if (group >= 0 && chown(path.c_str(), static_cast<uid_t>(-1), static_cast<gid_t>(group)) != 0) {
    return Fail(ErrorKind::kSystem, "cannot give the key to the daemon's group", {path});
  }
  terminal.err << "made a new key: " << Printable(path) << '\n';
  return key;
}

// What the index meets in mail that is known to hold none of its rows.
Background Measure(const scan::RecordIndex& index, const std::vector<std::string>& paths,
                   const mail::Limits& limits, Terminal& terminal) {
  Background found;
  const scan::RecordFinder finder(index);
  scan::FindOptions options;
  options.stats = &found.stats;
  std::vector<scan::IndexMatch> matches;
  Progress progress(terminal, 0);
  SourceSink sink;
  sink.message = [&](StoredMessage stored) {
    const mail::Message message =
        stored.mail ? mail::Parse(stored.raw, limits)
                    : mail::FromPlainText(std::move(stored.raw), stored.path, limits);
    ++found.messages;
    matches.clear();
    for (const Segment& segment : message.segments) {
      found.bytes += segment.text.size();
      finder.Find(segment.text, options, &matches);
    }
    found.rows_met += matches.size();
    found.matches += matches.empty() ? 0 : 1;
    progress.Show("reading the background", found.messages);
    return true;
  };
  sink.unreadable = [&](const Error& error) {
    ++found.unreadable;
    PrintError(terminal, error);
  };
  ReadSources(paths, terminal.in, limits.message_bytes, sink);
  return found;
}

std::string Percent(double share) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f %%", share * 100);
  return text;
}

void PrintColumns(const scan::BuiltIndex& built, const Background* background, Terminal& terminal) {
  Table table;
  table.Add({{"COLUMN", Style::kBold},
             {"ROLE", Style::kBold},
             {"TYPE", Style::kBold},
             {"CELLS", Style::kBold},
             {"VALUES", Style::kBold},
             {"DENSITY", Style::kBold},
             {"MOST FREQUENT", Style::kBold},
             {"SHARED", Style::kBold},
             {"LEFT OUT", Style::kBold},
             {background == nullptr ? "" : "IN BACKGROUND", Style::kBold}});
  for (std::size_t i = 0; i < built.columns.size(); ++i) {
    const scan::ColumnReport& c = built.columns[i];
    const bool digits = c.role == scan::ColumnRole::kKey && c.type == scan::ColumnType::kDigits;
    table.Add({Printable(c.name),
               {c.demoted.empty() ? std::string(scan::ToString(c.role)) : "demoted",
                c.demoted.empty() ? Style::kPlain : Style::kYellow},
               std::string(scan::ToString(c.type)),
               std::to_string(c.counts.present),
               std::to_string(c.counts.distinct),
               digits ? Percent(c.density) : "-",
               Percent(c.most_share),
               std::to_string(c.counts.common),
               std::to_string(c.counts.wrong + c.counts.too_long),
               background == nullptr || c.counts.key == 0
                   ? ""
                   : std::to_string(background->stats.keys[i])});
  }
  table.Print(terminal);
  for (const scan::ColumnReport& c : built.columns) {
    if (c.demoted.empty()) continue;
    terminal.out << Printable(c.name) << " only corroborates: " << c.demoted << '\n';
  }
}

void PrintReport(const scan::BuiltIndex& built, const Background* background,
                 const std::string& output, bool json, Terminal& terminal) {
  if (json) {
    for (std::size_t i = 0; i < built.columns.size(); ++i) {
      const scan::ColumnReport& c = built.columns[i];
      Json line = {{"kind", "column"},
                   {"name", c.name},
                   {"role", scan::ToString(c.role)},
                   {"type", scan::ToString(c.type)},
                   {"key", c.counts.key != 0},
                   {"demoted", c.demoted},
                   {"cells", c.counts.present},
                   {"values", c.counts.distinct},
                   {"density", c.density},
                   {"most_share", c.most_share},
                   {"shared", c.counts.common},
                   {"wrong_type", c.counts.wrong},
                   {"too_long", c.counts.too_long}};
      if (background != nullptr) line["background"] = background->stats.keys[i];
      PrintJson(terminal, line);
    }
    Json line = {
        {"kind", "index"}, {"path", output}, {"rows", built.rows}, {"bytes", built.bytes.size()}};
    if (background != nullptr) {
      line["background"] = {
          {"messages", background->messages},     {"bytes", background->bytes},
          {"unreadable", background->unreadable}, {"candidates", background->stats.candidates},
          {"passed", background->stats.passed},   {"messages_matched", background->matches},
          {"rows_matched", background->rows_met}};
    }
    PrintJson(terminal, line);
    return;
  }
  PrintColumns(built, background, terminal);
  if (background != nullptr) {
    terminal.out << "background: " << background->messages << " messages, "
                 << background->bytes / 1024 << " KiB of text: " << background->stats.candidates
                 << " candidates, " << background->stats.passed << " passed the filter, "
                 << background->rows_met << " rows matched in " << background->matches
                 << " messages\n";
  }
  terminal.out << "wrote " << Printable(output) << ": " << built.rows << " rows, "
               << (built.bytes.size() + 1023) / 1024 << " KiB\n";
}

}  // namespace

int RunRecordsIndex(const Arguments& arguments, Terminal& terminal) {
  const auto settings = SettingsFor(arguments);
  if (!settings) return PrintErrors(terminal, settings.error()), kExitError;
  const auto schema = scan::ReadIndexSchema(arguments.operands[0]);
  if (!schema) return PrintErrors(terminal, schema.error()), kExitError;
  const auto table = OpenMemberTable(arguments, *schema, false);
  if (!table) return PrintError(terminal, table.error()), kExitError;
  const std::string output = arguments.Value("output", schema->id + ".idx");
  // Before a long work, not behind it.
  if (auto good = scan::CheckIndexTarget(output); !good) {
    return PrintError(terminal, good.error()), kExitError;
  }
  const long group = GroupFor(*settings);
  const auto key = KeyFor(arguments.Value("key", settings->records.key_file), group, terminal);
  if (!key) return PrintError(terminal, key.error()), kExitError;
  Result<scan::BuiltIndex> built;
  {
    Progress progress(terminal, (*table)->rows->total());
    built = scan::BuildIndex(
        (*table)->schema, *key, *(*table)->rows, terminal.clock->Now(),
        [&](std::uint64_t done, std::uint64_t) { progress.Show("reading the table", done); },
        std::max(1u, std::thread::hardware_concurrency()));
  }
  if (!built) return PrintError(terminal, built.error()), kExitError;
  if (auto written = scan::WriteIndex(output, built->bytes, group); !written) {
    return PrintError(terminal, written.error()), kExitError;
  }
  // As the daemon will see it: the file, with all that is checked when it is mapped.
  const auto index = scan::RecordIndex::Open(output, *key);
  if (!index) return PrintError(terminal, index.error()), kExitError;
  std::optional<Background> background;
  if (arguments.Has("background")) {
    background = Measure(**index, arguments.Values("background"), settings->limits, terminal);
  }
  PrintReport(*built, background ? &*background : nullptr, output, arguments.json(), terminal);
  return background && background->unreadable > 0 ? kExitError : kExitClean;
}

}  // namespace warifu::cli
