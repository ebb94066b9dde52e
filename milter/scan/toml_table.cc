#include "scan/toml_table.h"

#include <algorithm>
#include <chrono>

#include "base/nearest.h"

namespace warifu::scan {

Place TomlFile::PlaceOf(const toml::node& node) const {
  const toml::source_position& at = node.source().begin;
  return {path, static_cast<int>(at.line), static_cast<int>(at.column)};
}

void TomlFile::Error(const toml::node& node, std::string text) const {
  errors->push_back({ErrorKind::kInvalid, std::move(text), PlaceOf(node)});
}

const toml::node* TomlTable::Find(std::string_view key) {
  known_.push_back(key);
  return table_.get(key);
}

bool TomlTable::Has(std::string_view key) {
  return Find(key) != nullptr;
}

Place TomlTable::PlaceOf(std::string_view key) const {
  const toml::node* node = table_.get(key);
  return file_->PlaceOf(node == nullptr ? static_cast<const toml::node&>(table_) : *node);
}

void TomlTable::Error(std::string_view key, std::string text) {
  file_->errors->push_back({ErrorKind::kInvalid, std::move(text), PlaceOf(key)});
}

void TomlTable::WrongType(std::string_view key, std::string_view expected) {
  Error(key, what_ + "." + std::string(key) + " must be " + std::string(expected));
}

std::string TomlTable::String(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return "";
  if (const auto* text = node->as_string()) return text->get();
  WrongType(key, "a string");
  return "";
}

std::vector<std::string> TomlTable::Strings(std::string_view key) {
  std::vector<std::string> out;
  const toml::node* node = Find(key);
  if (node == nullptr) return out;
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    WrongType(key, "a list of strings");
    return out;
  }
  for (const toml::node& item : *array) {
    if (const auto* text = item.as_string()) {
      out.push_back(text->get());
    } else {
      file_->Error(item, what_ + "." + std::string(key) + " must hold only strings");
    }
  }
  return out;
}

std::optional<double> TomlTable::Number(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_floating_point()) return value->get();
  if (const auto* value = node->as_integer()) return static_cast<double>(value->get());
  WrongType(key, "a number");
  return std::nullopt;
}

std::optional<int> TomlTable::Integer(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const auto* value = node->as_integer();
  if (value != nullptr && value->get() >= 0 && value->get() <= 10000) {
    return static_cast<int>(value->get());
  }
  WrongType(key, "a whole number, not negative");
  return std::nullopt;
}

std::optional<WallTime> TomlTable::Date(std::string_view key) {
  using namespace std::chrono;
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  const auto days_of = [](const toml::date& d) {
    return sys_days{year{d.year} / month{d.month} / day{d.day}};
  };
  if (const auto* date = node->as_date()) return WallTime{days_of(date->get())};
  if (const auto* at = node->as_date_time()) {
    const toml::date_time& t = at->get();
    WallTime time = days_of(t.date);
    time += hours{t.time.hour} + minutes{t.time.minute} + seconds{t.time.second};
    if (t.offset) time -= minutes{t.offset->minutes};
    return time;
  }
  WrongType(key, "a date such as 2027-03-31");
  return std::nullopt;
}

std::optional<bool> TomlTable::Flag(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_boolean()) return value->get();
  WrongType(key, "true or false");
  return std::nullopt;
}

const toml::table* TomlTable::Table(std::string_view key) {
  const toml::node* node = Find(key);
  if (node == nullptr) return nullptr;
  if (node->as_table() == nullptr) WrongType(key, "a table");
  return node->as_table();
}

std::vector<const toml::table*> TomlTable::Tables(std::string_view key) {
  std::vector<const toml::table*> out;
  const toml::node* node = Find(key);
  if (node == nullptr) return out;
  if (const toml::table* one = node->as_table()) return {one};
  const toml::array* array = node->as_array();
  if (array == nullptr) {
    WrongType(key, "an array of tables: [[" + std::string(key) + "]]");
    return out;
  }
  for (const toml::node& item : *array) {
    if (const toml::table* table = item.as_table()) {
      out.push_back(table);
    } else {
      file_->Error(item, what_ + "." + std::string(key) + " must hold only tables");
    }
  }
  return out;
}

void TomlTable::Finish() {
  for (const auto& [key, node] : table_) {
    const std::string_view name = key.str();
    if (std::ranges::find(known_, name) != known_.end()) continue;
    const std::string full = what_.empty() ? std::string(name) : what_ + "." + std::string(name);
    if (file_->foreign) {
      file_->ignored.insert(full);
      continue;
    }
    const toml::source_position& at = key.source().begin;
    file_->errors->push_back(
        {ErrorKind::kInvalid,
         "unknown key '" + full + "'" + DidYouMean(name, known_),
         {file_->path, static_cast<int>(at.line), static_cast<int>(at.column)}});
  }
}

}  // namespace warifu::scan
