#pragma once

#include <cstddef>
#include <string_view>

#include "drivers/postgres/answer.h"
#include "tidegate/error.h"
#include "tidegate/migration.h"

namespace tidegate::postgres {

/// The spot of a statement's character, counted from 1 as the server counts: code points, since
/// the client encoding is UTF-8. 0 is the statement's beginning.
Place place_in(const Script& script, const Statement& statement, std::size_t character);

/// The spot of a line, counted from 1, of the data behind `COPY … FROM stdin`.
Place place_in_copy_data(const Script& script, const Statement& statement, std::size_t line);

/// What `COPY … FROM stdin` is fed with; empty for any other statement.
std::string_view copy_data_of(const Script& script, const Statement& statement);

/// A statement's refusal with all that is known of where it happened.
Error refusal_of(const Answer& answer, const Script& script, const Statement& statement);

}  // namespace tidegate::postgres
