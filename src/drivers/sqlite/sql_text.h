#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tidegate/migration.h"

namespace tidegate::sqlite {

/// The offset of the next byte at or after `offset` that is neither space, comment nor semicolon;
/// the text's size when there is none. Finds where a statement begins; where it ends is for
/// SQLite's own parser to say.
std::size_t skip_blank(std::string_view text, std::size_t offset);

/// Where `offset` is, for a person. It may be the text's size.
Place place_at(const Script& script, std::size_t offset);

/// Whether `text` has that word, in any ASCII case, anywhere. `word` is in lower case.
bool mentions(std::string_view text, std::string_view word);

}  // namespace tidegate::sqlite
