#include "forms.h"

#include <toml++/toml.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "base/hex.h"

namespace warifu::binding {
namespace {

const std::string kFolder = WARIFU_SOURCE_DIR "/tests/binding/";

std::string Unescaped(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char c = text[++i];
    if (c == 'x' && i + 2 < text.size()) {
      out += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
      i += 2;
    } else {
      out += c == 'n' ? "\r\n" : c == 't' ? "\t" : std::string(1, c);
    }
  }
  return out;
}

void ReadAnswers(const nlohmann::json& answers, Form* form) {
  const auto answer = answers.find(form->id);
  if (answer == answers.end() || answer->at("asked") != form->text) return;
  form->answered = true;
  for (const auto& [program, said] : answer->items()) {
    if (!said.is_object()) continue;
    for (const char* field : {"from", "sender"}) {
      if (!said.contains(field)) continue;
      for (const auto& pair : said.at(field)) form->shown.push_back({program, pair[0], pair[1]});
    }
  }
}

}  // namespace

std::vector<Form> ReadForms() {
  const toml::table table = toml::parse_file(kFolder + "author_forms.toml");
  const nlohmann::json json = nlohmann::json::parse(std::ifstream(kFolder + "oracle/answers.json"));
  std::vector<Form> forms;
  for (const char* kind : {"hostile", "lawful"}) {
    const toml::array* rows = table[kind].as_array();
    for (std::size_t i = 0; rows != nullptr && i < rows->size(); ++i) {
      const toml::table& row = *rows->get(i)->as_table();
      Form form;
      form.id = row["id"].value_or("");
      form.hostile = kind == std::string_view("hostile");
      form.text = row["head"].value_or(row["from"].value_or(""));
      form.head = (row.contains("head") ? "" : "From: ") + Unescaped(form.text);
      form.expect = row["expect"].value_or("pass");
      form.why = row["why"].value_or("");
      ReadAnswers(json.at("forms"), &form);
      forms.push_back(std::move(form));
    }
  }
  return forms;
}

std::vector<std::pair<std::string, std::string>> SplitHead(const std::string& head) {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::size_t begin = 0; begin < head.size();) {
    std::size_t end = begin;
    do {
      end = std::min(head.find("\r\n", end + 1), head.size());
    } while (end + 2 < head.size() && (head[end + 2] == ' ' || head[end + 2] == '\t'));
    const std::string line = head.substr(begin, end - begin);
    const std::size_t colon = std::min(line.find(':'), line.size() - 1);
    out.emplace_back(line.substr(0, colon), line.substr(colon + 1));
    begin = end + 2;
  }
  return out;
}

}  // namespace warifu::binding
