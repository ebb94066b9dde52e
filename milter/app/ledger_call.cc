#include "app/ledger_call.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/iso_time.h"
#include "base/redact.h"

namespace warifu::app {
namespace {

constexpr std::size_t kMostListed = 100'000;
constexpr std::int64_t kLongestSpan = 100LL * 366 * 86'400;  // seconds

bool IsBlank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

std::string Quoted(std::string_view text) {
  return "'" + Printable(text, 100) + "'";
}

}  // namespace

std::vector<std::string> SplitWords(std::string_view line, std::size_t most) {
  std::vector<std::string> words;
  line = Trim(line);
  while (!line.empty()) {
    if (words.size() + 1 == most) {
      words.emplace_back(line);
      break;
    }
    const std::size_t end = std::min(line.find_first_of(" \t,"), line.size());
    words.emplace_back(line.substr(0, end));
    line = Trim(line.substr(end));
    if (line.starts_with(',')) line = Trim(line.substr(1));
  }
  return words;
}

std::string ShellWord(std::string_view text) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@%+=:,./_-";
  if (!text.empty() && text.find_first_not_of(kPlain) == std::string_view::npos) {
    return std::string(text);
  }
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

std::unexpected<Errors> Give(const Error& error) {
  return std::unexpected(Errors{error});
}

ControlAnswer Answer(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

LedgerCall::LedgerCall(const LedgerContext& c, const LedgerCaller& by, std::string_view arguments)
    : context(c),
      caller(by),
      json_(std::make_unique<Json>(Json::parse(arguments, nullptr, /*allow_exceptions=*/false))) {
  if (!json_->is_object()) {
    Wrong("the arguments are not a JSON object");
    *json_ = Json::object();
  }
}

LedgerCall::~LedgerCall() = default;

void LedgerCall::Wrong(std::string text, const Place& place) {
  errors.push_back({ErrorKind::kInvalid, std::move(text), place});
}

store::Act LedgerCall::MakeAct() const {
  const auto text = [&](const char* key) {
    const auto it = json_->find(key);
    return it != json_->end() && it->is_string() ? it->get<std::string>() : std::string();
  };
  return {caller.who, caller.now, text("reference"), text("why")};
}

bool LedgerCall::Has(const char* key) const {
  return json_->contains(key);
}

bool LedgerCall::Flag(const char* key) const {
  const auto it = json_->find(key);
  return it != json_->end() && it->is_boolean() && it->get<bool>();
}

std::string LedgerCall::Text(const char* key, std::size_t most) {
  const auto it = json_->find(key);
  if (it == json_->end()) return "";
  if (!it->is_string()) {
    Wrong(std::string(key) + " is not a text");
    return "";
  }
  std::string text = it->get<std::string>();
  if (text.size() > most) {
    Wrong(std::string(key) + " is longer than " + std::to_string(most) + " bytes");
  } else if (Printable(text, most) != text) {
    Wrong(std::string(key) + " holds control characters or is not UTF-8: " + Quoted(text));
  }
  return text;
}

std::string LedgerCall::Needed(const char* key, std::string_view what) {
  const std::size_t before = errors.size();
  std::string text = Text(key);
  if (text.empty() && errors.size() == before) Wrong(std::string(what));
  return text;
}

std::vector<std::string> LedgerCall::Texts(const char* key) {
  std::vector<std::string> texts;
  const auto it = json_->find(key);
  if (it == json_->end()) return texts;
  if (!it->is_array()) {
    Wrong(std::string(key) + " is not a list");
    return texts;
  }
  for (const Json& entry : *it) {
    if (entry.is_string()) {
      texts.push_back(entry.get<std::string>());
    } else {
      Wrong(std::string(key) + " holds what is not a text");
    }
  }
  return texts;
}

std::size_t LedgerCall::Limit(std::size_t standard) {
  const auto it = json_->find("limit");
  if (it == json_->end()) return standard;
  if (!it->is_number_integer() || it->get<std::int64_t>() < 1) {
    Wrong("limit is not a number from 1");
    return standard;
  }
  return std::min(static_cast<std::size_t>(it->get<std::int64_t>()), kMostListed);
}

std::optional<WallTime> LedgerCall::Time(const char* key) {
  if (!Has(key)) return std::nullopt;
  const Result<WallTime> time = ParseIsoTime(Text(key));
  if (time) return *time;
  Wrong(std::string(key) + ": " + time.error().text);
  return std::nullopt;
}

std::optional<WallTime> LedgerCall::Until() {
  if (const auto it = json_->find("for"); it != json_->end()) {
    const std::int64_t seconds = it->is_number_integer() ? it->get<std::int64_t>() : 0;
    if (seconds > 0 && seconds <= kLongestSpan) return now() + std::chrono::seconds(seconds);
    Wrong("for is not a number of seconds");
    return std::nullopt;
  }
  const std::optional<WallTime> until = Time("until");
  if (until && *until <= now()) Wrong("that time has passed: " + IsoTime(*until));
  return until;
}

std::string LedgerCall::AddressOf(std::string_view text, const Place& place) {
  if (text.empty() && failed()) return "";  // it has been said
  const Result<Address> address = ParseAddrSpec(text, context.options.address);
  if (!address) {
    Wrong(Quoted(text) + " is no address: " + address.error().text, place);
    return "";
  }
  if (address->domain.empty()) {
    Wrong(Quoted(text) + " is no address: it has no domain", place);
    return "";
  }
  return address->ToString();
}

std::string LedgerCall::AccountOf(std::string_view text, const Place& place) {
  if (text.empty() && failed()) return "";
  std::string account = binding::AccountOf(text, context.options.realm);
  if (account.empty()) {
    Wrong("the name of the account is empty", place);
  } else if (account.size() > 320 || Printable(account, 320) != account) {
    Wrong(Quoted(text) + " is no account", place);
  }
  return account;
}

std::vector<LedgerLine> LedgerCall::Lines(std::size_t least, std::size_t most,
                                          std::string_view form) {
  std::vector<LedgerLine> lines;
  const auto it = json_->find("text");
  if (it == json_->end() || !it->is_string()) {
    Wrong("text is not a text");
    return lines;
  }
  const std::string file = Text("file", 4096);
  const std::string& whole = it->get_ref<const std::string&>();
  std::string_view rest = whole;
  if (rest.starts_with("\xEF\xBB\xBF")) rest.remove_prefix(3);
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = Trim(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.starts_with('#')) continue;
    LedgerLine out{{file, number, 0}, SplitWords(line, most)};
    if (out.words.size() < least) {
      Wrong("something is missing; a line is: " + std::string(form), out.place);
    } else {
      lines.push_back(std::move(out));
    }
  }
  if (lines.empty() && !failed()) Wrong("there is nothing in it", {file, 0, 0});
  return lines;
}

}  // namespace warifu::app
