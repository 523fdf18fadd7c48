#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

namespace tidegate::deploy {

/// A file below src/deploy/templates, as it was when the program was built.
struct Template {
  std::string_view path;  ///< below that folder: `kubernetes/deployment.yaml`
  std::string_view text;
};

/// Every template, by path. The build writes its source.
std::span<const Template> all_templates();

/// What stands for each name. A name with an empty text is off.
using Names = std::map<std::string, std::string, std::less<>>;

/// The text of a template, filled in. In a template
///
///     @name@          is the name's text
///     @include path   is another template, each of its lines indented like this one
///     @if name        begins lines that stay where the name is on (`@if not name`: off), up to
///     @else           which begins those for the other case, and
///     @end
///
/// and all else stays as it is. The last four have a line to themselves.
///
/// Throws: Error{internal} for a name, template or line that isn't known: a template of ours is
/// broken then.
std::string fill_in(std::string_view path, const Names& names);

/// The same for a text that is no file: `@name@` only, on one line.
std::string fill_in_line(std::string_view text, const Names& names);

}  // namespace tidegate::deploy
