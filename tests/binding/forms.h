// The table of author forms and what mail programs showed of each: test data.
//
// author_forms.toml says what each form is; oracle/answers.json what GMime, Python and two npm
// parsers showed of it when oracle/ask.py asked them last.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace warifu::binding {

struct Shown {
  std::string program;
  std::string name;
  std::string address;
};

struct Form {
  std::string id;
  std::string text;    // as the table writes it
  std::string head;    // whole fields, bytes as sent
  std::string expect;  // "pass" for lawful forms
  std::string why;
  bool hostile = false;
  bool answered = false;     // the programs were asked of the present text
  std::vector<Shown> shown;  // From and Sender
};

// Empty when a file cannot be read.
std::vector<Form> ReadForms();

// A head as a milter gets it: names as far as the colon, bodies with their folds.
std::vector<std::pair<std::string, std::string>> SplitHead(const std::string& head);

}  // namespace warifu::binding
