// RowForms: rows that are written otherwise than by delimiters: SQL tuples, JSON, LDIF entries.
//
// Each reader takes one piece of text and gives back cells, with the names of their columns where
// the form has names. What is not of the form is left, and where reading may go on is told, so that
// no byte is read twice by the same reader.
//
// SQL: ('a', N'b', 1, NULL), with '' and \' in strings; a list of columns has the same form.
// JSON: objects and arrays of plain values at any depth (RFC 8259); nested ones are rows of their
// own. LDIF: an entry from its dn: to an empty line, lines unfolded, base64 decoded (RFC 2849).
//
// SECURITY: hostile text; depth, length of a tuple and number of cells are bounded.
// Threads: pure.
#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "scan/row_cells.h"

namespace warifu::scan {

// Reads the tuple whose parenthesis stands at `begin`; returns the place behind its end, or 0.
std::size_t ReadTuple(std::string_view text, std::size_t begin, RowCells* cells);

using OnRow = std::function<void(const std::vector<Cell>& names, const std::vector<Cell>& cells)>;

// Reads the JSON value that begins at `begin` with { or [, and tells each object and array in it
// when it ends (arrays without names). Returns where it stopped: behind the value, or at what is no
// JSON; `*whole` says which.
std::size_t ReadJson(std::string_view text, std::size_t begin, const OnRow& on_row, bool* whole);

// Reads the entry whose dn: stands at `begin`; returns where it ends.
std::size_t ReadLdif(std::string_view text, std::size_t begin, RowCells* names, RowCells* cells);

}  // namespace warifu::scan
