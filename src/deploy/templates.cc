#include "deploy/templates.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/ascii.h"
#include "tidegate/error.h"

namespace tidegate::deploy {
namespace {

[[noreturn]] void refuse(std::string_view what, std::string_view where) {
  throw Error(ErrorCode::internal, fmt::format("{} in the template {}", what, where));
}

const std::string& text_of(std::string_view name, const Names& names, std::string_view where) {
  const auto found = names.find(name);
  if (found == names.end()) refuse(fmt::format("there is no name {}", name), where);
  return found->second;
}

bool is_name_character(char c) { return (c >= 'a' && c <= 'z') || c == '_'; }

/// The name that begins after an `@`, or nothing where that sign stands for itself.
std::string_view name_at(std::string_view rest) {
  const auto end = std::find_if_not(rest.begin(), rest.end(), is_name_character);
  const bool closed = end != rest.begin() && end != rest.end() && *end == '@';
  return closed ? rest.substr(0, static_cast<std::size_t>(end - rest.begin())) : std::string_view();
}

std::string filled_line(std::string_view line, const Names& names, std::string_view where) {
  std::string result;
  while (!line.empty()) {
    const std::size_t at = std::min(line.find('@'), line.size());
    result += line.substr(0, at);
    line.remove_prefix(at);
    if (line.empty()) break;
    const std::string_view name = name_at(line.substr(1));
    result += name.empty() ? std::string_view("@") : text_of(name, names, where);
    line.remove_prefix(name.empty() ? 1 : name.size() + 2);
  }
  return result;
}

/// One filling in of one template.
class Filling {
 public:
  Filling(const Template& source, const Names& names) : source_(source), names_(names) {}

  std::string text() {
    std::string_view rest = source_.text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      take(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    if (!open_.empty()) refuse("an @if has no @end", source_.path);
    return std::move(text_);
  }

 private:
  void take(std::string_view line) {
    const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
    const std::string_view words = line.substr(indent);
    if (words.starts_with("@if ")) {
      open_.push_back(holds(words.substr(4)));
    } else if (words == "@else" || words == "@end") {
      if (open_.empty()) refuse(fmt::format("{} has no @if", words), source_.path);
      if (words == "@end") {
        open_.pop_back();
      } else {
        open_.back() = !open_.back();
      }
    } else if (std::find(open_.begin(), open_.end(), false) == open_.end()) {
      add(line, indent);
    }
  }

  bool holds(std::string_view condition) const {
    const bool negated = condition.starts_with("not ");
    if (negated) condition.remove_prefix(4);
    return text_of(condition, names_, source_.path).empty() == negated;
  }

  void add(std::string_view line, std::size_t indent) {
    constexpr std::string_view kInclude = "@include ";
    if (!line.substr(indent).starts_with(kInclude)) {
      text_ += filled_line(line, names_, source_.path) + '\n';
      return;
    }
    const std::string part = fill_in(line.substr(indent + kInclude.size()), names_);
    std::string_view rest = part;
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      if (end > 0) text_ += std::string(indent, ' ');
      text_ += rest.substr(0, end + 1);
      rest.remove_prefix(end + 1);
    }
  }

  const Template& source_;
  const Names& names_;
  std::vector<bool> open_;  ///< for each @if that has no @end yet, whether its lines stay
  std::string text_;
};

}  // namespace

std::string fill_in(std::string_view path, const Names& names) {
  const auto templates = all_templates();
  const auto found = std::find_if(templates.begin(), templates.end(),
                                  [&](const Template& one) { return one.path == path; });
  if (found == templates.end()) refuse("nothing is", path);
  return Filling(*found, names).text();
}

std::string fill_in_line(std::string_view text, const Names& names) {
  return filled_line(text, names, text);
}

}  // namespace tidegate::deploy
