// HTTP request: the little of HTTP that a reader of metrics speaks (RFC 9112).
//
// Reads the request line alone; fields are skipped, and a body is none of ours: the connection is
// closed behind the answer. Threads: pure.
#pragma once

#include <string>
#include <string_view>

namespace warifu::daemon {

enum class HttpRequest {
  kIncomplete,  // its head has not ended
  kGet,         // GET of the path
  kHead,        // HEAD of the path
  kNotFound,    // of another path
  kNotAllowed,  // another method
  kBroken,      // no HTTP/1 request
};

// `in`: all that has come. `path`: "/metrics"; a query behind it is ignored.
HttpRequest ReadHttpRequest(std::string_view in, std::string_view path);

// The whole answer with its fields, to be followed by closing the connection. `body`: of kGet, and
// of kHead for its length alone.
std::string HttpAnswer(HttpRequest request, std::string_view type, std::string_view body);

}  // namespace warifu::daemon
