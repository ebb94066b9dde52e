#include "cli/check_print.h"

#include <nlohmann/json.hpp>
#include <ostream>
#include <set>

#include "base/redact.h"

namespace warifu::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostText = 2000;

struct LevelLook {
  const char* word;
  const char* json;
  Style style;
};

LevelLook LookOf(CheckLevel level) {
  switch (level) {
    case CheckLevel::kOk:
      return {"ok", "ok", Style::kGreen};
    case CheckLevel::kNote:
      return {"note", "note", Style::kPlain};
    case CheckLevel::kWarning:
      return {"warning", "warning", Style::kYellow};
    case CheckLevel::kHurts:
      return {"hurts", "hurts", Style::kYellow};
    case CheckLevel::kUncovered:
      return {"uncovered", "uncovered", Style::kRed};
    case CheckLevel::kFailsOpen:
      return {"fails open", "fails-open", Style::kRed};
    case CheckLevel::kError:
      break;
  }
  return {"error", "error", Style::kRed};
}

const char* KindOf(Remedy::Kind kind) {
  switch (kind) {
    case Remedy::Kind::kCommand:
      return "command";
    case Remedy::Kind::kWarifuConf:
      return "warifu.conf";
    case Remedy::Kind::kSendmailMc:
      return "sendmail.mc";
    case Remedy::Kind::kAdvice:
      break;
  }
  return "advice";
}

Json ToJson(const CheckLine& line) {
  Json json = {{"level", LookOf(line.level).json}, {"what", line.what},
               {"file", line.place.file},          {"line", line.place.line},
               {"column", line.place.column},      {"text", line.text}};
  if (!line.id.empty()) json["id"] = line.id;
  if (!line.follows.empty()) json["follows"] = line.follows;
  if (line.remedies.empty()) return json;
  json["remedies"] = Json::array();
  for (const Remedy& remedy : line.remedies) {
    json["remedies"].push_back({{"kind", KindOf(remedy.kind)}, {"text", remedy.text}});
  }
  return json;
}

std::string WithPlace(const CheckLine& line) {
  return Printable(Error{ErrorKind::kInvalid, line.text, line.place}.ToString(), kMostText);
}

// "postconf -c 'DIR' -e 'name = value'" in its parts: before the option, and option and name.
struct Postconf {
  std::string_view head;     // "-c 'DIR' ", or nothing
  std::string_view setting;  // "-e 'name "
};
bool ReadPostconf(std::string_view command, Postconf* out) {
  constexpr std::string_view kWord = "postconf ";
  if (!command.starts_with(kWord)) return false;
  command.remove_prefix(kWord.size());
  const std::size_t option = std::min(command.find("-e '"), command.find("-P '"));
  if (option == std::string_view::npos) return false;
  out->head = command.substr(0, option);
  const std::string_view rest = command.substr(option);
  out->setting = rest.substr(0, rest.find('='));
  return true;
}

void PrintRemedy(const Remedy& remedy, std::set<std::string>* set, std::set<std::string>* reload,
                 Terminal& terminal) {
  if (remedy.kind == Remedy::Kind::kCommand) {
    const std::string command = Printable(remedy.text, kMostText);
    Postconf postconf;
    const bool edits = ReadPostconf(command, &postconf);
    const std::string setting =
        edits ? std::string(postconf.head) + std::string(postconf.setting) : command;
    if (!set->insert(setting).second) {
      if (edits) terminal.out << "# set above; run warifu check --suggest again afterwards\n";
      return;
    }
    if (edits) reload->insert("postfix " + std::string(postconf.head) + "reload");
    terminal.out << command << '\n';
    return;
  }
  const char* where = remedy.kind == Remedy::Kind::kAdvice ? "" : KindOf(remedy.kind);
  const bool conf = remedy.kind == Remedy::Kind::kWarifuConf;
  if (*where != '\0') {
    terminal.out << "# in " << where << (conf ? ", a group that is there gets the setting" : "")
                 << ":\n";
  }
  std::string_view rest = remedy.text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    terminal.out << "#   " << Printable(line, kMostText) << '\n';
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
  }
}

}  // namespace

void PrintReport(const CheckReport& report, const CheckPrint& how, Terminal& terminal) {
  Table table;
  for (const CheckLine& line : report) {
    if (how.quiet && line.level < CheckLevel::kWarning) continue;
    const LevelLook look = LookOf(line.level);
    if (how.json) {
      terminal.out << ToJson(line).dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
      continue;
    }
    table.Add({{look.word, look.style}, line.what, WithPlace(line)});
    if (!line.follows.empty()) table.Add({"", "", "so " + Printable(line.follows, kMostText)});
  }
  table.Print(terminal);
}

void PrintRemedies(const CheckReport& report, Terminal& terminal) {
  std::set<std::string> set, reload;
  for (const CheckLine& line : report) {
    if (line.remedies.empty()) continue;
    terminal.out << "# " << LookOf(line.level).word << ": " << WithPlace(line) << '\n';
    for (const Remedy& remedy : line.remedies) PrintRemedy(remedy, &set, &reload, terminal);
    terminal.out << '\n';
  }
  for (const std::string& command : reload) terminal.out << command << '\n';
}

}  // namespace warifu::cli
