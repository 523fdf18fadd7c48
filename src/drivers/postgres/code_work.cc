#include "drivers/postgres/code_work.h"

#include <utility>

#include "drivers/postgres/answer.h"
#include "drivers/postgres/statement_kind.h"

namespace tidegate::postgres {
namespace {

constexpr std::string_view kQueryCanceled = "57014";

Error refused(Way way) {
  if (way == Way::copy) {
    return {ErrorCode::statement_failed, "a migration in C++ can't use COPY",
            "use INSERT, or put the COPY into a migration in SQL"};
  }
  return {ErrorCode::statement_failed, "the migration ends the transaction it is to be recorded in",
          "leave COMMIT and ROLLBACK out of it"};
}

}  // namespace

Rows PostgresCodeWork::run(const Query& query) {
  const Way way = way_of(query.sql);
  if (way != Way::pipelined) throw refused(way);
  connection_.begin_request(kGraceOfWork);
  if (!send_query(connection_.handle(), query.sql, query.parameters) && !connection_.lost()) {
    throw Error(ErrorCode::internal, PQerrorMessage(connection_.handle()));
  }
  Answer answer = read_answer(connection_, {.author = Author::migration});
  connection_.end_request();
  if (connection_.ended_by()) throw Error(*connection_.ended_by(), "stopped while it ran");
  if (connection_.lost()) throw lost_error(ErrorCode::connection_lost, connection_.last_words());
  if (answer.error) throw std::move(*answer.error);
  return std::move(answer.rows);
}

}  // namespace tidegate::postgres
