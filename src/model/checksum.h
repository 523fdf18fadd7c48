#pragma once

#include <string>
#include <string_view>

namespace tidegate {

/// What a file's text is known by in the history: SHA-256 in hex over the text without byte order
/// mark and with every line end (CRLF, CR, LF) made LF, so that a checkout on another system is
/// the same migration.
std::string checksum_of(std::string_view text);

}  // namespace tidegate
