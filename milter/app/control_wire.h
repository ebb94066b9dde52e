// Wire: the lines of the control protocol (app/control.h), written and read.
//
// Both sides parse what the other sends as hostile: a wrong shape is an Error, never a throw.
// Threads: pure.
#pragma once

#include <string>
#include <string_view>

#include "app/control.h"

namespace warifu::app {

struct ControlRequest {
  std::string command;
  std::string arguments;  // a JSON object
};

// Each without its line end.
std::string WriteRequest(std::string_view command, std::string_view arguments);
Result<ControlRequest> ReadRequest(std::string_view line);
std::string WriteAnswer(const ControlAnswer& answer);
ControlAnswer ReadAnswer(std::string_view line);

}  // namespace warifu::app
