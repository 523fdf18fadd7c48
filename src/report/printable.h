#pragma once

#include <string>
#include <string_view>

namespace tidegate {

/// Whether line ends and tabs stay as they are.
enum class LineEnds { escaped, kept };

/// `text` with everything that could steer a terminal, hide text or break a line made visible:
/// control characters (`\x1b`), bytes that aren't UTF-8 (`\xff`), characters that turn the
/// direction of writing (`\u202e`).
///
/// All that comes from a server, a file or the command line goes through here before a person
/// sees it.
std::string printable(std::string_view text, LineEnds line_ends = LineEnds::escaped);

/// How many columns `text` takes on a terminal, wide characters counted as one.
std::size_t column_count(std::string_view text);

/// `text` cut to `columns`, with `…` as the last one where something was cut.
std::string cut_to_columns(std::string_view text, std::size_t columns);

}  // namespace tidegate
