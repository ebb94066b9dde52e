// ask_author: what the author and display checks say to heads on standard input, for
// oracle/hunt.py.
//
// One head a line, in hex; one word a line comes back: pass, display, fail, malformed.
#include <iostream>
#include <string>

#include "base/hex.h"
#include "forms.h"
#include "forms_directory.h"

int main() {
  const warifu::binding::FormsAsker asker;
  for (std::string line; std::getline(std::cin, line);) {
    std::string head;
    for (std::size_t i = 0; i + 1 < line.size(); i += 2) {
      head += static_cast<char>(warifu::HexValue(line[i]) * 16 + warifu::HexValue(line[i + 1]));
    }
    std::cout << asker.Ask(head).word << '\n';
  }
  return 0;
}
