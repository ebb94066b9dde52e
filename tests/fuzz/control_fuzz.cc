// Control protocol: both sides' lines are errors or read back as themselves.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "app/control_wire.h"
#include "input.h"

namespace {

using namespace warifu;
using fuzz::Require;

void CheckErrors(const Errors& errors) {
  Require(!errors.empty(), "refused without an error");
}

void CheckRequest(std::string_view line) {
  const Result<app::ControlRequest> request = app::ReadRequest(line);
  if (!request) return Require(!request.error().text.empty(), "a request refused without a word");
  Require(!request->command.empty(), "a request without a command");
  const std::string written = app::WriteRequest(request->command, request->arguments);
  Require(!written.contains('\n'), "a request of two lines");
  const Result<app::ControlRequest> again = app::ReadRequest(written);
  Require(again && again->command == request->command && again->arguments == request->arguments,
          "a request reads back differently");
}

void CheckAnswer(std::string_view line) {
  const app::ControlAnswer answer = app::ReadAnswer(line);
  if (!answer) CheckErrors(answer.error());
  const std::string written = app::WriteAnswer(answer);
  Require(!written.contains('\n'), "an answer of two lines");
  const app::ControlAnswer again = app::ReadAnswer(written);
  Require(again.has_value() == answer.has_value(), "an answer reads back otherwise");
  if (answer) return Require(*again == *answer, "a result reads back differently");
  Require(again.error().size() == answer.error().size(), "errors are lost");
  for (std::size_t i = 0; i < again.error().size(); ++i) {
    Require(again.error()[i].ToString() == answer.error()[i].ToString() &&
                again.error()[i].kind == answer.error()[i].kind,
            "an error reads back differently");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view line = fuzz::Text(data, size);
  CheckRequest(line);
  CheckAnswer(line);
  return 0;
}
