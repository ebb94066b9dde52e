#include "cli/postfix_config.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <functional>

#include "base/redact.h"
#include "cli/program.h"

namespace warifu::cli {
namespace {

constexpr std::chrono::milliseconds kPatience{5000};
constexpr int kMaxDepth = 20;
constexpr int kMaxSteps = 2000;
constexpr std::size_t kMaxLength = 64u << 10;

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

template <typename OnLine>
void ForLines(std::string_view text, const OnLine& on_line) {
  while (!text.empty()) {
    const std::size_t eol = std::min(text.find('\n'), text.size());
    on_line(text.substr(0, eol));
    text.remove_prefix(std::min(eol + 1, text.size()));
  }
}

using Values = std::map<std::string, std::string, std::less<>>;

bool IsWarning(std::string_view line) {
  return line.find("postconf: warning: ") < line.find('=');
}

void ReadAssignments(std::string_view text, Values* out, std::vector<std::string>* warnings) {
  ForLines(text, [&](std::string_view line) {
    if (IsWarning(line)) {
      warnings->emplace_back(line.substr(line.find("warning: ") + 9));
      return;
    }
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos) return;
    out->emplace(Trim(line.substr(0, equals)), Trim(line.substr(equals + 1)));
  });
}

bool IsNameByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

std::size_t NameLength(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, IsNameByte) - text.begin());
}

// One value with everything that it refers to. Gives up, and leaves the rest as written, where it
// is deeper, longer or slower than any configuration.
class Expansion {
 public:
  using Lookup = std::function<const std::string*(std::string_view name)>;
  explicit Expansion(Lookup lookup) : lookup_(std::move(lookup)) {}

  std::string Expand(std::string_view text, int depth = 0) {
    std::string out;
    while (!text.empty()) {
      const std::size_t dollar = std::min(text.find('$'), text.size());
      out += text.substr(0, dollar);
      text.remove_prefix(dollar);
      if (text.empty()) break;
      if (depth > kMaxDepth || ++steps_ > kMaxSteps || out.size() > kMaxLength) {
        return out.append(text.substr(0, kMaxLength));
      }
      text.remove_prefix(TakeOne(text, depth, &out));
    }
    return out;
  }

 private:
  // What begins with `text`'s dollar; its length as written.
  std::size_t TakeOne(std::string_view text, int depth, std::string* out) {
    if (text.starts_with("$$")) {
      *out += '$';
      return 2;
    }
    const bool closed = text.starts_with("${") || text.starts_with("$(");
    const std::size_t name_at = closed ? 2 : 1;
    const std::size_t length = NameLength(text.substr(name_at));
    if (!closed) {
      *out += length == 0 ? "$" : Named(text.substr(1, length), depth);
      return 1 + length;
    }
    const std::size_t end = EndOf(text, text[1] == '{' ? '}' : ')');
    if (end == std::string_view::npos || length == 0) {
      const std::size_t whole = end == std::string_view::npos ? text.size() : end + 1;
      *out += text.substr(0, whole);  // a comparison, or broken
      return whole;
    }
    const std::string_view name = text.substr(2, length);
    const std::string_view rest = text.substr(2 + length, end - 2 - length);
    *out += rest.empty() ? Named(name, depth) : Chosen(name, rest, depth);
    return end + 1;
  }

  // Where what begins with "${" ends.
  static std::size_t EndOf(std::string_view text, char close) {
    const char open = text[1];
    int depth = 0;
    for (std::size_t i = 1; i < text.size(); ++i) {
      if (text[i] == open) ++depth;
      if (text[i] == close && --depth == 0) return i;
    }
    return std::string_view::npos;
  }

  std::string Named(std::string_view name, int depth) {
    const std::string* value = lookup_(name);
    return value != nullptr ? Expand(*value, depth + 1) : "";
  }

  // "?text" where the name has a value, ":text" where it has none; "?{text}:{text}".
  std::string Chosen(std::string_view name, std::string_view rest, int depth) {
    const bool has = !Named(name, depth).empty();
    const char kind = rest.front();
    if (kind != '?' && kind != ':') return "${" + std::string(name) + std::string(rest) + "}";
    std::string_view first = Trim(rest.substr(1)), second;
    if (first.starts_with('{')) {
      const std::string probe = "$" + std::string(first);
      const std::size_t end = EndOf(probe, '}');
      if (end == std::string::npos) return "";
      second = Trim(first.substr(end));  // `probe` is one longer
      first = first.substr(1, end - 2);
      if (second.starts_with(':')) second = Trim(second.substr(1));
      if (second.starts_with('{') && second.ends_with('}')) {
        second = second.substr(1, second.size() - 2);
      }
    }
    if (kind == ':') return has ? "" : Expand(first, depth + 1);
    return Expand(has ? first : second, depth + 1);
  }

  Lookup lookup_;
  int steps_ = 0;
};

const std::string* Find(const Values& values, std::string_view name) {
  const auto it = values.find(name);
  return it == values.end() ? nullptr : &it->second;
}

// What a program said last, where it failed.
std::string WordsOfFailure(const std::vector<std::string>& command) {
  const auto said =
      RunProgram(command, kPatience, {.errors_too = true, .failure_too = true, .most = 8u << 20});
  if (!said) return said.error().text;
  std::string_view last = Trim(*said);
  while (last.ends_with('\n')) last.remove_suffix(1);
  std::string all;
  ForLines(last, [&](std::string_view line) {
    const std::size_t colon = line.find("postconf: ");
    if (colon == std::string_view::npos) return;
    all += (all.empty() ? "" : "; ") + std::string(line.substr(colon + 10));
  });
  return Printable(all, 500);
}

}  // namespace

Postfix ReadPostfix(std::string_view names, std::string_view overrides, std::string_view services) {
  Postfix postfix;
  ReadAssignments(names, &postfix.settings, &postfix.warnings);
  ReadAssignments(overrides, &postfix.overrides, &postfix.warnings);
  const auto level = VersionOf(ValueOf(postfix, "compatibility_level"));
  const bool old = level.empty() || level[0] < 1;  // "-" meant a chroot
  ForLines(services, [&](std::string_view line) {
    const auto words = ListOf(line);  // service type private unpriv chroot wakeup maxproc command
    if (words.size() < 8) return;
    const bool chroot = words[4] == "y" || (words[4] == "-" && old);
    postfix.services.push_back({words[0], words[1], words[7], chroot});
  });
  return postfix;
}

Result<Postfix> AskPostfix(const std::string& directory) {
  std::vector<std::string> command = {"postconf"};
  if (!directory.empty()) command.insert(command.end(), {"-c", directory});
  const auto names = RunProgram(command, kPatience, {.errors_too = true, .most = 8u << 20});
  if (!names) {
    if (names.error().kind == ErrorKind::kNotFound) return std::unexpected(names.error());
    return Fail(ErrorKind::kSystem,
                "postconf cannot read Postfix's configuration: " +
                    (names.error().kind == ErrorKind::kSystem ? WordsOfFailure(command)
                                                              : names.error().text));
  }
  command.emplace_back("-P");
  const auto overrides = RunProgram(command, kPatience);
  command.back() = "-M";
  const auto services = RunProgram(command, kPatience);
  if (!overrides || !services) {
    return Fail(ErrorKind::kSystem, "postconf cannot read master.cf: " + WordsOfFailure(command));
  }
  Postfix postfix = ReadPostfix(*names, *overrides, *services);
  postfix.directory = directory;
  return postfix;
}

std::string ValueOf(const Postfix& postfix, std::string_view name) {
  const std::string* value = Find(postfix.settings, name);
  if (value == nullptr) return "";
  return Expansion([&](std::string_view wanted) { return Find(postfix.settings, wanted); })
      .Expand(*value);
}

std::string ValueOf(const Postfix& postfix, const PostfixService& service, std::string_view name) {
  const auto find = [&](std::string_view wanted) {
    const std::string* own = Find(postfix.overrides, service.Id() + "/" + std::string(wanted));
    return own != nullptr ? own : Find(postfix.settings, wanted);
  };
  const std::string* value = find(name);
  return value == nullptr ? "" : Expansion(find).Expand(*value);
}

bool IsOverridden(const Postfix& postfix, const PostfixService& service, std::string_view name) {
  return Find(postfix.overrides, service.Id() + "/" + std::string(name)) != nullptr;
}

std::vector<std::string> ListOf(std::string_view text) {
  std::vector<std::string> words(1);
  int depth = 0;
  for (const char c : text) {
    const bool between = depth == 0 && (c == ',' || c == ' ' || c == '\t' || c == '\r');
    if (between) {
      if (!words.back().empty()) words.emplace_back();
      continue;
    }
    if (c == '{' && depth++ == 0) continue;
    if (c == '}' && depth > 0 && --depth == 0) continue;
    words.back() += c;
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

long SecondsOf(std::string_view text) {
  long number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || number < 0) return -1;
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  constexpr std::pair<std::string_view, long> kUnits[] = {{"", 1},     {"s", 1},     {"m", 60},
                                                          {"h", 3600}, {"d", 86400}, {"w", 604800}};
  for (const auto& [name, seconds] : kUnits) {
    if (unit == name) return number > 1'000'000'000 / seconds ? 1'000'000'000 : number * seconds;
  }
  return -1;
}

std::vector<long> VersionOf(std::string_view text) {
  std::vector<long> numbers;
  while (!text.empty()) {
    long number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) break;
    numbers.push_back(number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (!text.empty()) text.remove_prefix(1);
  }
  return numbers;
}

}  // namespace warifu::cli
