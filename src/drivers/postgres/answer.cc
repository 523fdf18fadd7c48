#include "drivers/postgres/answer.h"

#include <algorithm>
#include <charconv>

namespace tidegate::postgres {
namespace {

constexpr std::size_t kCopyChunkBytes = 64 * 1024;

std::size_t number_in(std::string_view text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The server names COPY's line only in the context, as in `COPY t, line 3, column id: "x"`.
std::size_t copy_line_in(std::string_view context) {
  if (!context.starts_with("COPY ")) return 0;
  constexpr std::string_view kLine = ", line ";
  const std::size_t at = context.find(kLine);
  return at == std::string_view::npos ? 0 : number_in(context.substr(at + kLine.size()));
}

/// Feeds COPY from the script. A server that has refused by now ignores the rest and says so when
/// the data ends. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY
void send_copy_data(Connection& connection, std::string_view data) {
  PGconn* handle = connection.handle();
  while (!data.empty() && !connection.lost() && !connection.ended_by()) {
    const std::string_view chunk = data.substr(0, kCopyChunkBytes);
    const int taken = PQputCopyData(handle, chunk.data(), static_cast<int>(chunk.size()));
    if (taken < 0) break;
    if (taken == 1) data.remove_prefix(chunk.size());
    connection.send_all();
  }
  if (connection.lost()) return;
  const bool stopped = connection.ended_by().has_value();
  while (PQputCopyEnd(handle, stopped ? "stopped on request" : nullptr) == 0) {
    connection.send_all();
    if (connection.lost()) return;
  }
}

/// COPY … TO stdout in a script: nobody reads it.
void skip_copy_data(Connection& connection) {
  while (!connection.lost()) {
    char* row = nullptr;
    const int size_bytes = PQgetCopyData(connection.handle(), &row, 1);
    if (size_bytes > 0) {
      PQfreemem(row);
    } else if (size_bytes == 0) {
      connection.await_input();
    } else {
      return;
    }
  }
}

void take_error(const PGresult* result, Author author, Answer& answer) {
  // Without an SQLSTATE it is libpq that complains about the connection, not the server.
  if (field_of(result, PG_DIAG_SQLSTATE).empty()) return;
  answer.error = error_of(result, author);
  answer.position = number_in(field_of(result, PG_DIAG_STATEMENT_POSITION));
  answer.copy_line = copy_line_in(field_of(result, PG_DIAG_CONTEXT));
}

}  // namespace

Answer read_answer(Connection& connection, const Reading& reading) {
  Answer answer;
  if (reading.keep == Keep::nothing && connection.handle() != nullptr) {
    PQsetSingleRowMode(connection.handle());
  }
  while (const ResultPtr result = connection.next_result()) {
    switch (PQresultStatus(result.get())) {
      case PGRES_COMMAND_OK:
      case PGRES_EMPTY_QUERY:
      case PGRES_TUPLES_OK:
        answer.completed = true;
        answer.tag = PQcmdStatus(result.get());
        if (reading.keep == Keep::rows) answer.rows = rows_of(result.get());
        break;
      case PGRES_SINGLE_TUPLE:
        break;
      case PGRES_COPY_IN:
        send_copy_data(connection, reading.copy_data);
        break;
      case PGRES_COPY_OUT:
        skip_copy_data(connection);
        break;
      case PGRES_PIPELINE_ABORTED:
        answer.skipped = true;
        break;
      default:
        take_error(result.get(), reading.author, answer);
        break;
    }
  }
  return answer;
}

}  // namespace tidegate::postgres
