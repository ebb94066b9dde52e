#include "app/control_wire.h"

#include <nlohmann/json.hpp>

#include "base/names.h"

namespace warifu::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::pair<ErrorKind, std::string_view> kKinds[] = {
    {ErrorKind::kInvalid, "invalid"},   {ErrorKind::kNotFound, "not-found"},
    {ErrorKind::kTemporary, "later"},   {ErrorKind::kSystem, "system"},
    {ErrorKind::kInternal, "internal"},
};

// Deeper than any command needs. Writing JSON takes stack for each level, and a request of 64 KiB
// can have 30,000 of them.
constexpr int kMaxDepth = 32;

// Discarded, and with that neither object nor anything else, where it is no JSON or too deep.
Json Parse(std::string_view text) {
  bool deep = false;
  const auto watch = [&deep](int depth, Json::parse_event_t, Json&) {
    deep = deep || depth > kMaxDepth;
    return !deep;
  };
  Json json = Json::parse(text, watch, /*allow_exceptions=*/false);
  return deep ? Json(Json::value_t::discarded) : json;
}

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string TextOf(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

int NumberOf(const Json& object, const char* key) {
  const auto it = object.find(key);
  return it != object.end() && it->is_number_integer() ? it->get<int>() : 0;
}

Json ToJson(const Error& error) {
  Json out = {{"kind", NameOf(kKinds, error.kind)}, {"text", error.text}};
  if (!error.place.file.empty()) {
    out["file"] = error.place.file;
    out["line"] = error.place.line;
    out["column"] = error.place.column;
  }
  return out;
}

Error ErrorFrom(const Json& json) {
  if (!json.is_object()) return {ErrorKind::kInternal, "the daemon sent an error without a text"};
  Error error{ErrorKind::kInternal, TextOf(json, "text"), {}};
  ValueOf(kKinds, TextOf(json, "kind"), &error.kind);
  error.place = {TextOf(json, "file"), NumberOf(json, "line"), NumberOf(json, "column")};
  return error;
}

}  // namespace

std::string WriteRequest(std::string_view command, std::string_view arguments) {
  Json parsed = Parse(arguments);
  if (!parsed.is_object()) parsed = Json::object();
  return Dump({{"version", kControlVersion}, {"command", command}, {"arguments", parsed}});
}

Result<ControlRequest> ReadRequest(std::string_view line) {
  const Json json = Parse(line);
  if (!json.is_object()) return Fail(ErrorKind::kInvalid, "the request is not a JSON object");
  if (NumberOf(json, "version") != kControlVersion) {
    return Fail(ErrorKind::kInvalid,
                "this daemon speaks version " + std::to_string(kControlVersion) +
                    " of the control protocol; tool and daemon are of different releases");
  }
  ControlRequest request{TextOf(json, "command"), "{}"};
  if (request.command.empty()) return Fail(ErrorKind::kInvalid, "the request names no command");
  if (const auto it = json.find("arguments"); it != json.end()) {
    if (!it->is_object()) return Fail(ErrorKind::kInvalid, "the arguments are not a JSON object");
    request.arguments = Dump(*it);
  }
  return request;
}

std::string WriteAnswer(const ControlAnswer& answer) {
  Json out = {{"version", kControlVersion}, {"ok", answer.has_value()}};
  if (!answer) {
    out["errors"] = Json::array();
    for (const Error& error : answer.error()) out["errors"].push_back(ToJson(error));
    return Dump(out);
  }
  Json result = Parse(*answer);
  if (!result.is_object()) {
    return WriteAnswer(std::unexpected(Errors{{ErrorKind::kInternal, "the answer is no object"}}));
  }
  out["result"] = std::move(result);
  return Dump(out);
}

ControlAnswer ReadAnswer(std::string_view line) {
  const auto broken = [](std::string text) {
    return std::unexpected(Errors{{ErrorKind::kInternal, std::move(text)}});
  };
  const Json json = Parse(line);
  if (!json.is_object()) return broken("the daemon's answer is not a JSON object");
  const auto ok = json.find("ok");
  if (ok == json.end() || !ok->is_boolean()) return broken("the daemon's answer has no \"ok\"");
  if (ok->get<bool>()) {
    const auto result = json.find("result");
    if (result == json.end() || !result->is_object()) {
      return broken("the daemon's answer has no result");
    }
    return Dump(*result);
  }
  Errors errors;
  const auto list = json.find("errors");
  if (list != json.end() && list->is_array()) {
    for (const Json& error : *list) errors.push_back(ErrorFrom(error));
  }
  if (errors.empty()) return broken("the daemon refused and did not say why");
  return std::unexpected(std::move(errors));
}

}  // namespace warifu::app
