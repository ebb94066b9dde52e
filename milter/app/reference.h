// Reference: the name of one inspection, in replies, headers, hold reasons, events and the log.
//
// Ten characters of Crockford's base 32 in two groups ("k3f9z-27qm1"), so that it can be read out
// over a telephone: no i, l, o or u. 50 random bits: it tells nothing, and cannot be guessed.
// Threads: safe.
#pragma once

#include <string>

namespace warifu::app {

std::string MakeReference();

}  // namespace warifu::app
