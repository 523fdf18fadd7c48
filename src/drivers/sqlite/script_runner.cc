#include "drivers/sqlite/script_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "drivers/code_work.h"
#include "drivers/sqlite/sql_text.h"

namespace tidegate::sqlite {

namespace {

Error refused_in_transaction(std::string_view statement) {
  return {ErrorCode::statement_failed,
          fmt::format("{} would end the transaction that the migration shares with its record",
                      statement),
          "remove it: each migration is a transaction already"};
}

/// A failed statement is undone alone, but for a few that roll back all.
class SqliteCodeWork final : public CodeWork {
 public:
  SqliteCodeWork(Connection& connection, ScriptLog& log) : connection_(connection), log_(log) {}

 private:
  Rows run(const Query& query) override {
    log_.may_add_keys = log_.may_add_keys || mentions(query.sql, "references") ||
                        mentions(query.sql, "writable_schema");
    try {
      return connection_.query_once(query);
    } catch (Error& error) {
      if (!log_.refused.empty()) error = refused_in_transaction(log_.refused);
      // Two statements in one text, or a parameter too few.
      if (error.code == ErrorCode::internal) error.code = ErrorCode::statement_failed;
      throw;
    }
  }

  bool goes_on() const override { return connection_.in_transaction(); }

  Connection& connection_;
  ScriptLog& log_;
};

/// The statement that begins at `offset`, for messages: as the splitter saw it, else to the next
/// semicolon.
std::string statement_text(const Script& script, std::size_t offset) {
  const auto found =
      std::find_if(script.statements.begin(), script.statements.end(),
                   [offset](const Statement& each) { return each.offset == offset; });
  if (found != script.statements.end()) return std::string(script.text_of(*found));
  return script.text.substr(offset, script.text.find(';', offset) - offset);
}

/// One statement at work: knows where it stands, so that every error does.
class Runner {
 public:
  Runner(Connection& connection, const Script& script, std::size_t offset, ScriptLog& log)
      : connection_(connection), script_(script), offset_(offset), log_(log) {}

  /// Prepares what begins at `sql`; returns where it ends. The text isn't copied: a script of many
  /// statements would be copied once for each.
  const char* prepare(const char* sql) {
    sqlite3_stmt* raw = nullptr;
    const char* tail = nullptr;
    const int code = sqlite3_prepare_v3(connection_.handle(), sql, -1, 0, &raw, &tail);
    statement_.reset(raw);
    if (code != SQLITE_OK) throw prepare_error(code);
    if (statement_ && sqlite3_bind_parameter_count(raw) != 0) throw parameter_error();
    return tail;
  }

  void run() {
    connection_.check_limits();
    int code = statement_ ? sqlite3_step(statement_.get()) : SQLITE_DONE;
    while (code == SQLITE_ROW) code = sqlite3_step(statement_.get());
    if (code != SQLITE_DONE) throw placed(connection_.error(code), offset_);
  }

  Error placed(Error error, std::size_t offset) const {
    error.place = place_at(script_, offset);
    error.statement = statement_text(script_, offset_);
    return error;
  }

 private:
  Error prepare_error(int code) const {
    Error error = connection_.error(code);
    if (!log_.refused.empty()) {
      const Error refused = refused_in_transaction(log_.refused);
      error.message = refused.message;
      error.hint = refused.hint;
    }
    const int token = sqlite3_error_offset(connection_.handle());
    return placed(std::move(error), offset_ + static_cast<std::size_t>(std::max(token, 0)));
  }

  // Unbound, it would be NULL: `VALUES ($1)` meant as text would lose what it says in silence.
  Error parameter_error() const {
    const char* const name = sqlite3_bind_parameter_name(statement_.get(), 1);
    return placed(Error(ErrorCode::statement_failed,
                        fmt::format("the statement has a parameter, {}, and nothing to put there",
                                    name == nullptr ? "?" : name),
                        "write the value itself, in quotes if it is text"),
                  offset_);
  }

  Connection& connection_;
  const Script& script_;
  std::size_t offset_;
  ScriptLog& log_;
  StatementHandle statement_;
};

}  // namespace

void run_script(Connection& connection, const Script& script, ScriptLog& log,
                const std::function<void(std::size_t)>& started) {
  const Connection::Logging logging(connection, log);
  log.may_add_keys = log.may_add_keys || mentions(script.text, "references") ||
                     mentions(script.text, "writable_schema");
  const char* const text = script.text.c_str();
  std::size_t offset = skip_blank(script.text, 0);
  for (std::size_t index = 0; offset < script.text.size(); ++index) {
    started(index);
    Runner runner(connection, script, offset, log);
    const char* const tail = runner.prepare(text + offset);
    runner.run();
    offset = skip_blank(script.text, static_cast<std::size_t>(tail - text));
  }
}

void run_code(Connection& connection, const Script& script, ScriptLog& log) {
  const Connection::Logging logging(connection, log);
  std::optional<Error> failure = SqliteCodeWork(connection, log).perform(script);
  if (failure) throw std::move(*failure);
}

void run_statement(Connection& connection, const Script& script, const Statement& statement,
                   ScriptLog& log) {
  const Connection::Logging logging(connection, log);
  const std::string sql(script.text_of(statement));
  Runner runner(connection, script, statement.offset, log);
  runner.prepare(sql.c_str());
  runner.run();
  if (log.where == ScriptLog::Where::alone && connection.in_transaction()) {
    sqlite3_exec(connection.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    throw runner.placed(
        Error(ErrorCode::statement_failed, "a statement that runs outside a transaction began one",
              "remove it, or remove the no-transaction directive"),
        statement.offset);
  }
}

}  // namespace tidegate::sqlite
