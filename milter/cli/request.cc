// What stands on a command line about the ledger, made into a request of its service.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/iso_time.h"
#include "base/unique_fd.h"
#include "base/utf8.h"
#include "cli/ledger_text.h"
#include "cli/on_store.h"
#include "cli/when.h"

namespace warifu::cli {
namespace {

// The request around it takes little, and a quote or a tab two bytes.
constexpr std::size_t kLargestFile = app::kMaxRequest * 7 / 8;

Result<std::string> ReadWhole(const std::string& path, int standard_input) {
  const UniqueFd file(path == "-" ? -1 : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const int fd = path == "-" ? standard_input : file.get();
  if (fd < 0) return Fail(ErrorKind::kSystem, std::strerror(errno), {path});
  std::string all;
  char buffer[64 * 1024];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Fail(ErrorKind::kSystem, std::strerror(errno), {path});
    if (n == 0) return all;
    all.append(buffer, static_cast<std::size_t>(n));
    if (all.size() > kLargestFile) {
      return Fail(ErrorKind::kInvalid,
                  "is larger than " + std::to_string(kLargestFile >> 20) +
                      " MiB, which cannot be taken all or none; split it",
                  {path});
    }
  }
}

void CheckUtf8(const std::string& path, std::string_view text, Errors* errors) {
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (!IsUtf8(text.substr(0, end))) {
      errors->push_back({ErrorKind::kInvalid,
                         "is not UTF-8; if it is Shift_JIS: iconv -f CP932 -t UTF-8",
                         {path, line, 0}});
      return;
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

}  // namespace

Request::Request(const Arguments& arguments, const Terminal& terminal)
    : arguments_(arguments), terminal_(terminal), json_(std::make_unique<Json>(Json::object())) {}

Request::~Request() = default;

void Request::Wrong(std::string text) {
  errors_.push_back({ErrorKind::kInvalid, std::move(text), {}});
}

void Request::Set(const char* key, const std::string& text) {
  if (!IsUtf8(text)) Wrong(std::string(key) + ": not UTF-8");
  (*json_)[key] = text;
}

void Request::Set(const char* key, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    if (!IsUtf8(text)) Wrong(std::string(key) + ": not UTF-8");
  }
  (*json_)[key] = texts;
}

void Request::Flag(const char* option, const char* key) {
  if (arguments_.Has(option)) (*json_)[key] = true;
}

void Request::Take(const char* option, const char* key) {
  if (arguments_.Has(option)) Set(key, arguments_.Value(option));
}

void Request::TakeUntil() {
  const char* span = arguments_.Has("valid") ? "valid" : "for";
  if (arguments_.Has("until") && arguments_.Has(span)) {
    Wrong("--until and --" + std::string(span) + " say the same; give one of them");
  } else if (arguments_.Has(span)) {
    const auto seconds = ParseSpan(arguments_.Value(span));
    if (!seconds) return Wrong("--" + std::string(span) + ": " + seconds.error().text);
    (*json_)["for"] = seconds->count();
  } else if (arguments_.Has("until")) {
    const auto time = ParseMoment(arguments_.Value("until"), Edge::kEnd);
    if (!time) return Wrong("--until: " + time.error().text);
    if (*time <= terminal_.clock->Now())
      return Wrong("--until: " + LocalTime(*time) + " has passed");
    (*json_)["until"] = IsoTime(*time);
  }
}

void Request::TakeSince() {
  if (!arguments_.Has("since")) return;
  const auto time = ParseSince(arguments_.Value("since"), terminal_.clock->Now());
  if (!time) return Wrong("--since: " + time.error().text);
  (*json_)["since"] = IsoTime(*time);
}

void Request::TakeLimit() {
  if (!arguments_.Has("limit")) return;
  const std::string text = arguments_.Value("limit");
  int limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || *end != '\0' || limit < 1) {
    return Wrong("--limit: '" + text + "' is not a number from 1");
  }
  (*json_)["limit"] = limit;
}

void Request::TakeFile() {
  const std::string path = arguments_.Value("file");
  Result<std::string> text = ReadWhole(path, terminal_.in);
  if (!text) {
    errors_.push_back(text.error());
    return;
  }
  CheckUtf8(path, *text, &errors_);
  (*json_)["file"] = path == "-" ? "standard input" : path;
  (*json_)["text"] = *std::move(text);
}

std::string Request::ToString() const {
  return json_->dump(-1, ' ', false, Json::error_handler_t::replace);
}

app::ControlAnswer Send(const Request& request, const Arguments& arguments, Terminal& terminal,
                        std::string_view command) {
  if (!request.errors().empty()) return std::unexpected(request.errors());
  return Carry(arguments, terminal, command, request.ToString());
}

}  // namespace warifu::cli
