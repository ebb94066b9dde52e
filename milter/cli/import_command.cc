// `warifu bind import` and `warifu bind audit`: a whole directory beside the ledger.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <ostream>

#include "app/ledger_json.h"
#include "binding/checks.h"
#include "binding/directory.h"
#include "binding/live.h"
#include "binding/sources.h"
#include "cli/handlers.h"
#include "cli/ledger_text.h"
#include "cli/on_store.h"
#include "cli/progress.h"
#include "cli/tool_settings.h"

namespace warifu::cli {
namespace {

constexpr std::size_t kShown = 20;  // swaps shown to people; programs and --moves get all

// The table on the line, or the configured one.
struct Source {
  std::unique_ptr<const binding::Directory> directory;
  store::DirectoryRows rows;
};

// The directory as it lists itself, its owners as accounts: what the gateway compares.
Result<store::DirectoryRows> RowsOf(const binding::Directory& directory,
                                    const binding::Options& options) {
  Result<store::DirectoryRows> rows = directory.Rows(options.address);
  if (!rows) return rows;
  return
      [rows = *std::move(rows), realm = options.realm](store::DirectoryRow* row) -> Result<bool> {
        const Result<bool> more = rows(row);
        if (!more || !*more) return more;
        binding::Owners owners;
        owners.accounts = std::move(row->accounts);
        row->accounts = binding::AsAccounts(std::move(owners), realm).accounts;
        return true;
      };
}

std::expected<Source, Errors> OpenTable(const Arguments& arguments, const app::Settings& settings) {
  binding::DirectoryOptions wanted = settings.directory;
  if (!arguments.operands.empty()) {
    wanted.type = binding::DirectoryOptions::Type::kTable;
    wanted.path = arguments.operands[0];
  }
  if (wanted.none()) {
    return std::unexpected(
        Errors{{ErrorKind::kInvalid, "no directory is configured; name a table", {}}});
  }
  auto directory = binding::OpenDirectory(wanted, settings.binding.local_domains);
  if (!directory) return std::unexpected(std::move(directory.error()));
  auto rows = RowsOf(**directory, settings.binding);
  if (!rows) return std::unexpected(Errors{rows.error()});
  return Source{*std::move(directory), *std::move(rows)};
}

Result<store::ImportOptions> OptionsFor(const Arguments& arguments, const app::Settings& settings,
                                        bool write) {
  store::ImportOptions options;
  options.write = write;
  options.dispute = arguments.Has("dispute");
  options.max_unexplained = settings.import_max_unexplained;
  if (arguments.Has("max-unexplained")) {
    const std::string text = arguments.Value("max-unexplained");
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), options.max_unexplained);
    if (error != std::errc() || *end != '\0') {
      return Fail(ErrorKind::kInvalid, "--max-unexplained: '" + text + "' is not a number");
    }
  }
  return options;
}

app::ControlAnswer Compare(const std::shared_ptr<store::Store>& store, const Source& source,
                           store::ImportOptions options, const store::Act& act,
                           Terminal& terminal) {
  Progress progress(terminal, source.directory->size() * 2);
  options.progress = [&](std::uint64_t read, std::uint64_t compared) {
    progress.Show(compared == 0 ? "reading the directory" : "comparing with the ledger",
                  read + compared);
  };
  const Result<store::Comparison> found = store->Import(source.rows, options, act);
  if (!found) return std::unexpected(Errors{found.error()});
  return app::ToJson(*found).dump(-1, ' ', false, Json::error_handler_t::replace);
}

// "ADDRESS FROM TO" a line, as `warifu bind announce --file` reads it.
bool WriteMoves(const std::string& path, const Json& found, Terminal& terminal) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  for (const Json& swap : found["swaps"]) {
    const auto first = [&](const char* key) {
      return swap[key].empty() ? std::string("-") : swap[key][0].get<std::string>();
    };
    file << swap["address"].get<std::string>() << '\t' << first("proven") << '\t'
         << first("directory") << '\n';
  }
  file.close();
  if (file) return true;
  PrintError(terminal, {ErrorKind::kSystem, "cannot be written", {path}});
  return false;
}

void PrintLines(Terminal& terminal, Json found) {
  const auto print = [&](const Json& line) {
    terminal.out << line.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
  };
  for (const Json& swap : found["swaps"]) {
    Json line = {{"kind", "swapped"}};
    line.update(swap);
    print(line);
  }
  for (const Json& address : found["doubles"]) print({{"kind", "doubled"}, {"address", address}});
  found.erase("swaps");
  found.erase("doubles");
  Json line = {{"kind", "summary"}};
  line.update(found);
  print(line);
}

void PrintFound(Terminal& terminal, const Json& found) {
  Table counts;
  for (const char* key : {"rows", "same", "new", "gone", "explained", "swapped", "doubled"}) {
    const bool bad = std::string_view(key) == "swapped" || std::string_view(key) == "doubled";
    counts.Add({{key, Style::kDim},
                {TextOf(found, key), bad && found[key] > 0 ? Style::kRed : Style::kPlain}});
  }
  counts.Print(terminal);
  const Json& swaps = found["swaps"];
  if (!swaps.empty()) {
    Table table;
    table.Add(
        {{"ADDRESS", Style::kBold}, {"DIRECTORY SAYS", Style::kBold}, {"PROVEN IS", Style::kBold}});
    for (std::size_t i = 0; i < std::min(swaps.size(), kShown); ++i) {
      table.Add({{TextOf(swaps[i], "address"), Style::kRed},
                 TextOf(swaps[i], "directory"),
                 TextOf(swaps[i], "proven")});
    }
    terminal.out << "\nswapped, and no announced change explains it\n";
    table.Print(terminal, "  ");
    const std::uint64_t all = found["swapped"];
    if (all > kShown) {
      terminal.out << "  and " << all - kShown
                   << " more: --moves FILE or --format json names them\n";
    }
  }
  if (!found["doubles"].empty()) {
    terminal.out << "\nin the directory more than once, with different owners; left alone\n";
    for (std::size_t i = 0; i < std::min(found["doubles"].size(), kShown); ++i) {
      terminal.out << "  " << found["doubles"][i].get<std::string>() << '\n';
    }
  }
}

void PrintSteps(Terminal& terminal, const Json& found, bool write) {
  if (found["refused"] == true) {
    terminal.out << '\n'
                 << Paint(terminal, Style::kRed, "refused: nothing was written")
                 << (found["rows"] == 0 ? "; the directory is empty\n" : "\n");
  }
  if (found["swapped"] == 0) return;
  Json next = Json::array();
  next.push_back({{"when", "if these moves are not meant: mend the directory, then"},
                  {"command", "warifu bind audit"}});
  next.push_back({{"when", "if they are: look through them and announce them"},
                  {"command",
                   "warifu bind audit --moves moves.txt; warifu bind announce --file "
                   "moves.txt --ref TICKET --valid 24h"}});
  if (write && found["refused"] == true) {
    next.push_back({{"when", "and then again"}, {"command", "warifu bind import"}});
  }
  terminal.out << '\n';
  PrintNext(terminal, next);
}

int Run(const Arguments& arguments, Terminal& terminal, bool write) {
  const auto settings = SettingsFor(arguments);
  if (!settings) return PrintErrors(terminal, settings.error()), kExitError;
  const auto options = OptionsFor(arguments, *settings, write);
  if (!options) return PrintError(terminal, options.error()), kExitError;
  // Read with the caller's rights, before the store's user takes over.
  const auto source = OpenTable(arguments, *settings);
  if (!source) return PrintErrors(terminal, source.error()), kExitError;
  const store::Act act{Myself(), terminal.clock->Now(), arguments.Value("ref"),
                       arguments.Value("why")};
  const app::ControlAnswer answer =
      OnStore(*settings, terminal, [&](const std::shared_ptr<store::Store>& store) {
        return Compare(store, *source, *options, act, terminal);
      });
  if (!answer) return PrintErrors(terminal, answer.error()), kExitError;
  const Json found = Json::parse(*answer);
  if (arguments.json()) {
    PrintLines(terminal, found);
  } else {
    PrintFound(terminal, found);
    PrintSteps(terminal, found, write);
  }
  if (arguments.Has("moves") && !WriteMoves(arguments.Value("moves"), found, terminal)) {
    return kExitError;
  }
  const bool found_any = found["refused"] == true || found["swapped"] > 0 || found["doubled"] > 0;
  return found_any ? kExitFound : kExitClean;
}

}  // namespace

int RunBindImport(const Arguments& arguments, Terminal& terminal) {
  return Run(arguments, terminal, /*write=*/true);
}

int RunBindAudit(const Arguments& arguments, Terminal& terminal) {
  return Run(arguments, terminal, /*write=*/false);
}

}  // namespace warifu::cli
