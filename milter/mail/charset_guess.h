// Which charset is text in whose label is missing, unknown or contradicted by the bytes?
//
// Japanese charsets are told apart by how usual the characters are that they make of the bytes:
// kana and level 1 kanji against level 2 kanji and holes. Threads: pure.
#pragma once

#include <string_view>

namespace warifu::mail {

// "iso-2022-jp", "utf-8" (ASCII too), "cp932", "euc-jp-ms", or "windows-1252", which fits anything.
std::string_view GuessCharset(std::string_view bytes);

// "cp932" or "euc-jp-ms" when the bytes read well in it, else "".
std::string_view GuessJapanese(std::string_view bytes);

// UTF-8 with at most one ill-formed sequence in ten: damaged, but nothing else.
bool IsMostlyUtf8(std::string_view bytes);

}  // namespace warifu::mail
