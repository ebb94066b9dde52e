// Segments out of decoded parts: charset, flowed lines, HTML, normalisation, regions.
//
// Threads: a Message is owned by one thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mail/message.h"

namespace warifu::mail {

// Scanned text that a message may still add.
std::size_t TextLeft(const Message& message, const Limits& limits);

// Adds the segments of parts[index], read as `html` or plain. Inside of `whole` (attachment,
// document) the text is not cut into regions; with kBody it is.
void AddPartSegments(Message* message, std::size_t index, bool html, Region whole,
                     const Limits& limits);

// Adds a segment of region header. `part`: "header", "2.header", or a part's number.
void AddHeaderSegment(Message* message, std::string part, std::string_view field,
                      std::string_view raw_body, const Limits& limits);

}  // namespace warifu::mail
