// SampleMail: made-up mails of a given size, for benchmarks.
//
// The text is put together from word lists by a generator with a fixed seed, so that it has the
// variety of mail (sentences, quotations, dates, links, a signature) and is the same on every run.
// One member's login and password stand in it, five of them from 1 MiB on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace warifu::bench {

enum class Kind {
  kEnglish,    // plain ASCII text
  kJapanese,   // ISO-2022-JP, 7bit
  kShiftJis,   // Shift_JIS, 8bit
  kHtml,       // a newsletter in UTF-8, Japanese and English, 8bit
  kCsv,        // a short text and a base64 attachment of CSV rows, sized by the attachment
  kBase64Text  // plain text that itself is lines of base64
};

inline constexpr Kind kKinds[] = {Kind::kEnglish, Kind::kJapanese, Kind::kShiftJis,
                                  Kind::kHtml,    Kind::kCsv,      Kind::kBase64Text};

std::string_view NameOf(Kind kind);

// The whole mail with CRLF, of about `bytes` as received.
std::string SampleMail(Kind kind, std::size_t bytes);

}  // namespace warifu::bench
