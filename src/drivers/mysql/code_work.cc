#include "drivers/mysql/code_work.h"

#include <fmt/format.h>

#include <utility>

#include "drivers/mysql/literal.h"
#include "drivers/mysql/statement_kind.h"
#include "sql/dialect.h"
#include "sql/words.h"

namespace tidegate::mysql {
namespace {

void refuse_what_commits(const std::string& sql) {
  const StatementPattern* pattern = commits_by_itself(sql, *find_dialect("mysql"));
  if (pattern == nullptr && !ends_transaction(sql)) return;
  throw Error(ErrorCode::statement_failed,
              fmt::format("{} would end the transaction that the migration is to be recorded in",
                          pattern == nullptr ? "this statement" : pattern->shown),
              "write it in SQL: there each statement is journaled, and settled after a crash");
}

}  // namespace

Rows MysqlCodeWork::run(const Query& query) {
  refuse_what_commits(query.sql);
  std::vector<Answer> answers = connection_.ask(
      bound(query), {.grace = kGraceOfWork, .statements = Connection::Statements::one});
  if (connection_.ended_by()) throw Error(*connection_.ended_by(), "stopped while it ran");
  if (answers.empty() || connection_.lost()) {
    throw lost_error(ErrorCode::connection_lost, connection_.last_words());
  }
  if (answers.back().refusal) throw error_of(*answers.back().refusal, Author::migration);
  return std::move(answers.front().rows);
}

}  // namespace tidegate::mysql
