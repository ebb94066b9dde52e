// Query text: an operator's query with placeholders (":address"), taken apart once.
//
// SQL: names in quotes, in comments and behind "::" are no placeholders; comments are dropped; an
// unknown name is refused. LDAP filters: only the known names are placeholders, since ":" has a
// meaning of its own there.
// Internal to binding. Threads: const after parsing.
#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace warifu::binding {

class QueryText {
 public:
  using Names = std::initializer_list<std::string_view>;
  static Result<QueryText> ParseSql(std::string_view text, Names known);
  static QueryText ParseFilter(std::string_view text, Names known);

  bool Uses(std::string_view name) const;
  const std::vector<std::string>& names() const { return names_; }  // used, each once
  // The text with each placeholder as `write` has it.
  std::string Write(const std::function<std::string(std::string_view name)>& write) const;

 private:
  struct Piece {
    std::string text;
    bool is_name = false;
  };
  void Add(std::string_view text);
  void AddName(std::string_view name);

  std::vector<Piece> pieces_;
  std::vector<std::string> names_;
};

}  // namespace warifu::binding
