// Cell normal form: the one form in which cells of a table and text of mails are compared.
//
// Both sides pass through base/normalise.h (NFKC, width, unseen characters) first. Then, by type:
// logins and mail addresses are folded to lower case; names and free text too, and lose all white
// space, since "山田 太郎" is also written without; digits lose their separators; dates become
// ISO days; a password stays as it is, symbols and case included.
//
// Threads: pure.
#pragma once

#include <string>
#include <string_view>

#include "scan/index_schema.h"

namespace warifu::scan {

// Cells are compared up to this length, in bytes of the normal form; longer ones are left out.
inline constexpr std::size_t kMaxCellBytes = 127;

// The normal form of a table's cell; "" for an empty cell and for one that is not of its type.
std::string NormalCell(ColumnType type, std::string_view cell);

// One character alone says little of whose cell it is.
bool IsOneCharacter(std::string_view normal);

// True for types whose case is folded.
bool IsFolded(ColumnType type);

// What stands between the digits of one number: blank and - . / ( ).
bool IsDigitSeparator(char c);

// Case-folded text in which every byte keeps its place. Letters whose fold has another length keep
// their case.
std::string FoldInPlace(std::string_view normal);

}  // namespace warifu::scan
