#include "cli/config_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

// Only parsing is wanted: no output, and so none of its streams.
#define TOML_ENABLE_FORMATTERS 0
// The parser asserts, in builds with assertions, what it then checks and reports as an error of the
// file all the same (`[=`): a broken file mustn't end the program in any build.
#define TOML_ASSERT(expression) static_cast<void>(expression)
#include <toml++/toml.h>

#include "base/file.h"
#include "base/nearest.h"
#include "tidegate/error.h"

namespace tidegate::cli {
namespace {

Place place_of(const std::string& path, const toml::source_region& region) {
  return {path, region.begin.line, region.begin.column};
}

[[noreturn]] void refuse(Place place, std::string message, std::string hint) {
  Error error(ErrorCode::usage, std::move(message), std::move(hint));
  error.place = std::move(place);
  throw error;
}

constexpr std::string_view kGenerateTable = "generate";

/// Where in the file a setting stands: below no heading, or below [generate].
Origins origins_of_table(std::string_view table) {
  return table.empty() ? Origins::all : Origins::flag_and_generate_table;
}

/// The key that was probably meant: `directory` and `dirs` are both `dir`.
std::string_view meant_key(std::string_view written, std::span<const std::string_view> known) {
  const std::string_view near = nearest(written, known);
  if (!near.empty()) return near;
  for (const std::string_view key : known) {
    if (written.starts_with(key) || (written.size() > 2 && key.starts_with(written))) return key;
  }
  return {};
}

std::string right_place(const Setting& setting) {
  switch (setting.origins) {
    case Origins::all:
      return fmt::format("write {} above [{}]", setting.name, kGenerateTable);
    case Origins::flag_and_generate_table:
      return fmt::format("write {} below [{}]", setting.name, kGenerateTable);
    default:
      return fmt::format("give --{} on the command line", setting.name);
  }
}

const Setting& setting_for(std::string_view key, std::string_view table, const Place& place) {
  const Setting* setting = find_setting(key);
  const Origins origins = origins_of_table(table);
  if (setting != nullptr && setting->origins == origins) return *setting;
  if (setting != nullptr) {
    refuse(place, fmt::format("{} can't be set here", key), right_place(*setting));
  }
  std::vector<std::string_view> known;
  for (const Setting& one : all_settings()) {
    if (one.origins == origins) known.push_back(one.name);
  }
  const std::string_view near = meant_key(key, known);
  refuse(place, fmt::format("there is no key '{}'", key),
         near.empty() ? fmt::format("the keys are: {}", fmt::join(known, ", "))
                      : fmt::format("write {} instead of {}", near, key));
}

std::string_view wanted_type(const Setting& setting) {
  switch (setting.kind) {
    case ValueKind::on_off:
      return "true or false";
    case ValueKind::list:
      return "a text or a list of texts";
    case ValueKind::count:
      return "a whole number";
    case ValueKind::duration:
      return "a text such as \"5s\"";
    default:
      return "a text";
  }
}

[[noreturn]] void refuse_type(const Setting& setting, const Place& place) {
  refuse(place, fmt::format("{} is of the wrong type", setting.name),
         fmt::format("write {}", wanted_type(setting)));
}

std::string text_of(const Setting& setting, const toml::node& node, const std::string& path) {
  const auto* text = node.as_string();
  if (text == nullptr) refuse_type(setting, place_of(path, node.source()));
  return text->get();
}

std::vector<std::string> values_of(const Setting& setting, const toml::node& node,
                                   const std::string& path) {
  if (setting.kind == ValueKind::on_off) {
    const auto* boolean = node.as_boolean();
    if (boolean == nullptr) refuse_type(setting, place_of(path, node.source()));
    return {boolean->get() ? "true" : "false"};
  }
  if (setting.kind == ValueKind::count) {
    const auto* number = node.as_integer();
    if (number == nullptr) refuse_type(setting, place_of(path, node.source()));
    return {std::to_string(number->get())};
  }
  const toml::array* array = node.as_array();
  if (setting.kind != ValueKind::list || array == nullptr) return {text_of(setting, node, path)};
  std::vector<std::string> values;
  for (const toml::node& one : *array) values.push_back(text_of(setting, one, path));
  return values;
}

void offer_table(Values& values, const toml::table& table, std::string_view name,
                 const std::string& path) {
  for (const auto& [key, node] : table) {
    if (name.empty() && key.str() == kGenerateTable && node.is_table()) {
      offer_table(values, *node.as_table(), kGenerateTable, path);
      continue;
    }
    const Place place = place_of(path, key.source());
    const Setting& setting = setting_for(key.str(), name, place);
    std::vector<std::string> given = values_of(setting, node, path);
    if (given.empty()) refuse(place, fmt::format("{} is empty", key.str()), "give one, or drop it");
    values.offer(setting, {Source::config_file, fmt::format("{}: {}", to_string(place), key.str()),
                           std::move(given)});
  }
}

}  // namespace

void offer_config(Values& values, const std::string& path, std::string_view text) {
  toml::table table;
  try {
    table = toml::parse(text, path);
  } catch (const toml::parse_error& error) {
    // The parser names what it met, never the text around it: no password gets out here.
    refuse(place_of(path, error.source()), std::string(error.description()),
           "see https://toml.io for how TOML is written");
  }
  offer_table(values, table, {}, path);
}

std::string config_file_of(const Values& values) {
  const Given* named = values.find("config");
  if (named != nullptr) return named->values.front();
  std::string usual(kUsualConfigFile);
  if (access(usual.c_str(), F_OK) != 0) usual.clear();
  return usual;
}

void offer_config_file(Values& values) {
  const std::string path = config_file_of(values);
  if (!path.empty()) offer_config(values, path, read_file(path));
}

}  // namespace tidegate::cli
