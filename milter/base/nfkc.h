// Nfkc: Unicode's compatibility form, with an offset map.
//
// ICU does it, but only where there is something to do. ASCII, kana, kanji and their punctuation,
// of which Japanese mail is made, are in that form already and are copied; full-width ASCII and the
// ideographic space, which it is full of, are folded here. All of these begin a new unit of
// normalisation, so what stands between them can be given to ICU by itself.
//
// Guarantee: the result and its map are the very ones that ICU gives for the whole text.
// Threads: pure.
#pragma once

#include <string>
#include <string_view>

#include "base/offset_map.h"

namespace warifu {

// `utf8` must be well-formed. False, with `out` and `map` of no meaning, when it is in that form
// already or ICU failed.
bool Nfkc(std::string_view utf8, std::string* out, OffsetMap* map);

}  // namespace warifu
