#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tidegate {

/// The offset of the first byte that isn't UTF-8 as RFC 3629 has it (no surrogates, no overlong
/// forms, nothing above U+10FFFF), or nothing when all of `text` is.
std::optional<std::size_t> find_invalid_utf8(std::string_view text);

/// How many characters (code points) are in `text`. A byte that is no UTF-8 may count or not.
std::size_t count_code_points(std::string_view text);

/// `text` without the byte order mark that some editors put before UTF-8.
std::string_view without_byte_order_mark(std::string_view text);

}  // namespace tidegate
