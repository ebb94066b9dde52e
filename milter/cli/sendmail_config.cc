#include "cli/sendmail_config.h"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "cli/postfix_config.h"

namespace warifu::cli {
namespace {

constexpr std::size_t kMost = 8u << 20;

std::string_view Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::vector<std::string> Split(std::string_view text, std::string_view between) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(between), text.size());
    if (const auto word = Trim(text.substr(0, end)); !word.empty()) out.emplace_back(word);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

// "S=local:/x" → 'S' and "local:/x"; only the first letter of a key counts.
struct Equate {
  char key = '\0';
  std::string value;
};
Equate ReadEquate(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return {};
  return {text[0], std::string(Trim(text.substr(equals + 1)))};
}

SendmailFilter ReadFilter(std::string_view line) {
  SendmailFilter filter;
  const auto parts = Split(line, ",");
  if (!parts.empty()) filter.name = parts[0];
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const Equate equate = ReadEquate(parts[i]);
    if (equate.key == 'S') filter.socket = equate.value;
    if (equate.key == 'F') filter.flags = equate.value;
    if (equate.key != 'T') continue;
    for (const std::string& time : Split(equate.value, ";")) {
      if (time.size() < 3 || time[1] != ':') continue;
      if (const long seconds = SecondsOf(std::string_view(time).substr(2)); seconds >= 0) {
        filter.times[time[0]] = seconds;
      }
    }
  }
  return filter;
}

SendmailPort ReadPort(std::string_view value) {
  SendmailPort port;
  for (const std::string& part : Split(value, ",")) {
    const Equate equate = ReadEquate(part);
    switch (std::toupper(static_cast<unsigned char>(equate.key))) {
      case 'N':
        port.name = equate.value;
        break;
      case 'P':
        port.port = equate.value;
        break;
      case 'A':
        port.address = equate.value;
        break;
      case 'M':
        port.modifiers = equate.value;
        break;
      case 'I':
        port.own_filters = true;
        port.filters = Split(equate.value, ";");
        break;
      default:
        break;
    }
  }
  return port;
}

void ReadOption(std::string_view line, SendmailConfig* out) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return;
  const std::string name = Lower(Trim(line.substr(0, equals)));
  const std::string_view value = Trim(line.substr(equals + 1));
  if (name == "inputmailfilters") {
    out->input_filters = Split(value, ",");
  } else if (name == "daemonportoptions") {
    out->ports.push_back(ReadPort(value));
  } else {
    out->options[name] = value;
  }
}

void ReadLine(std::string_view line, SendmailConfig* out) {
  if (line.empty()) return;
  const std::string_view rest = line.substr(1);
  if (line[0] == 'O') ReadOption(rest, out);
  if (line[0] == 'X') out->filters.push_back(ReadFilter(rest));
  if (line.starts_with("DZ")) out->version = Trim(line.substr(2));
}

}  // namespace

SendmailConfig ReadSendmail(std::string_view text) {
  SendmailConfig config;
  std::string line;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view next = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!next.empty() && (next[0] == ' ' || next[0] == '\t')) {
      line.append(next);
      continue;
    }
    ReadLine(line, &config);
    line = next;
  }
  ReadLine(line, &config);
  if (config.ports.empty()) config.ports.emplace_back();
  return config;
}

Result<SendmailConfig> LoadSendmail(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             &std::fclose);
  if (!file) {
    return Fail(errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kSystem, std::strerror(errno));
  }
  std::string text(kMost + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return Fail(ErrorKind::kSystem, "cannot be read");
  if (text.size() > kMost) return Fail(ErrorKind::kInvalid, "is too large for a sendmail.cf");
  SendmailConfig config = ReadSendmail(text);
  if (config.options.empty() && config.version.empty()) {
    return Fail(ErrorKind::kInvalid, "is no sendmail.cf: it has no option");
  }
  config.path = path;
  return config;
}

}  // namespace warifu::cli
