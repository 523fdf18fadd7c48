#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "sql/dialect.h"
#include "tidegate/migration.h"

namespace tidegate {

/// Whether that word, where a statement would begin, is a command of the client instead.
bool is_client_word(std::string_view word, Client client);

/// What to say of the client's command that begins at `offset`, with a backslash or as a word: only
/// that client understands it. The finding's place is left to the caller.
Finding meta_command_finding(std::string_view text, std::size_t offset, Client client);

/// How much of the text behind `offset` belongs to that command: its line, unless it only ends a
/// statement.
std::size_t end_of_meta_command(std::string_view text, std::size_t offset, Client client);

/// Whether a text begins with DELIMITER as a word of its own.
bool begins_delimiter_command(std::string_view text);

/// What ends statements behind that DELIMITER command, or nothing where it says nothing.
std::optional<std::string_view> delimiter_of(std::string_view line);

}  // namespace tidegate
