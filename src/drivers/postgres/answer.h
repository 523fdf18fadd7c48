#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "drivers/postgres/connection.h"
#include "drivers/postgres/errors.h"
#include "tidegate/error.h"
#include "tidegate/session.h"

namespace tidegate::postgres {

/// All that the server said to one statement.
struct Answer {
  bool completed = false;      ///< it ran to its end; whether it is committed is another question
  bool skipped = false;        ///< an earlier statement of the pipeline failed; it was not executed
  std::optional<Error> error;  ///< the server's refusal, without statement and place
  std::string tag;             ///< what ran: `CREATE TABLE`, `COMMIT`
  std::size_t position = 0;    ///< of the error in the statement, in characters from 1; 0 unknown
  std::size_t copy_line = 0;   ///< of the error in COPY's data, from 1; 0 unknown
  Rows rows;
};

enum class Keep { rows, nothing };

/// What to read an answer with.
struct Reading {
  Author author = Author::ours;
  Keep keep = Keep::rows;
  std::string_view copy_data = {};  ///< what `COPY … FROM stdin` is fed with
};

/// Reads everything that belongs to the statement whose turn it is. Rows that nobody wants are
/// read one by one, so that a SELECT of millions in a script costs no memory.
///
/// After a lost connection the answer is neither completed nor has it an error, unless the
/// server's last word was one.
Answer read_answer(Connection& connection, const Reading& reading);

}  // namespace tidegate::postgres
