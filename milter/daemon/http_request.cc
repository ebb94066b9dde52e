#include "daemon/http_request.h"

namespace warifu::daemon {
namespace {

std::string_view StatusLine(HttpRequest request) {
  switch (request) {
    case HttpRequest::kGet:
    case HttpRequest::kHead:
      return "200 OK";
    case HttpRequest::kNotFound:
      return "404 Not Found";
    case HttpRequest::kNotAllowed:
      return "405 Method Not Allowed";
    case HttpRequest::kIncomplete:
    case HttpRequest::kBroken:
      break;
  }
  return "400 Bad Request";
}

}  // namespace

HttpRequest ReadHttpRequest(std::string_view in, std::string_view path) {
  if (in.find("\r\n\r\n") == std::string_view::npos && in.find("\n\n") == std::string_view::npos) {
    return HttpRequest::kIncomplete;
  }
  std::string_view line = in.substr(0, in.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t first = line.find(' '), last = line.rfind(' ');
  if (first == std::string_view::npos || first == 0 || last == first ||
      !line.substr(last + 1).starts_with("HTTP/1.")) {
    return HttpRequest::kBroken;
  }
  const std::string_view method = line.substr(0, first);
  std::string_view target = line.substr(first + 1, last - first - 1);
  target = target.substr(0, target.find('?'));
  if (target != path) return HttpRequest::kNotFound;
  if (method == "GET") return HttpRequest::kGet;
  return method == "HEAD" ? HttpRequest::kHead : HttpRequest::kNotAllowed;
}

std::string HttpAnswer(HttpRequest request, std::string_view type, std::string_view body) {
  const std::string_view status = StatusLine(request);
  const bool found = request == HttpRequest::kGet || request == HttpRequest::kHead;
  const std::string plain = std::string(status) + "\n";
  const std::string_view content = found ? body : plain;
  std::string out = "HTTP/1.1 " + std::string(status) + "\r\n";
  out.append("Content-Type: ").append(found ? type : "text/plain").append("\r\n");
  out += "Content-Length: " + std::to_string(content.size()) + "\r\n";
  if (request == HttpRequest::kNotAllowed) out += "Allow: GET, HEAD\r\n";
  out += "Connection: close\r\n\r\n";
  if (request != HttpRequest::kHead) out += content;
  return out;
}

}  // namespace warifu::daemon
