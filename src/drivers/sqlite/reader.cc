#include "drivers/sqlite/reader.h"

#include <fmt/format.h>

#include "drivers/sqlite/files.h"
#include "drivers/sqlite/look_vfs.h"

namespace tidegate::sqlite {

namespace {

/// Whether the trouble is with one statement, not with the file or our limits.
bool concerns_statement(const Error& error) {
  constexpr std::string_view kFile[] = {"SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_NOMEM",
                                        "SQLITE_PROTOCOL"};
  for (const std::string_view prefix : kFile) {
    if (error.server_code.starts_with(prefix)) return false;
  }
  return error.code == ErrorCode::statement_failed;
}

/// SQLite has one code for all of these; its words are as stable as a code.
Error classified(Error error) {
  if (error.message.starts_with("no such table: ")) error.code = ErrorCode::no_table;
  if (error.message.starts_with("no such column: ")) error.code = ErrorCode::foreign_table;
  return error;
}

ReadResult read_one(Connection& connection, const Query& query) {
  try {
    return connection.query(query, Connection::Access::read);
  } catch (const Error& error) {
    if (!concerns_statement(error)) throw;
    Error result = classified(error);
    result.statement = query.sql;
    return result;
  }
}

}  // namespace

std::vector<ReadResult> read_all(Connection& connection, std::span<const Query> queries) {
  std::vector<ReadResult> results;
  results.reserve(queries.size());
  for (const Query& query : queries) results.push_back(read_one(connection, query));
  return results;
}

std::vector<News> news_of(Watcher& watcher, TimePoint until, const Limits& limits) {
  const Watcher::Wake wake = watcher.wait(std::min(until, limits.deadline), limits.stop);
  return wake == Watcher::Wake::changed ? std::vector<News>(1) : std::vector<News>();
}

SqliteReader::SqliteReader(const DatabaseUrl& url, const ConnectOptions& options)
    : url_(url),
      limits_{.deadline = options.deadline, .stop = options.stop},
      watcher_(existing_file(url)) {
  read({});
}

void SqliteReader::limit_to(TimePoint deadline, std::stop_token stop) {
  limits_.deadline = deadline;
  limits_.stop = std::move(stop);
}

std::vector<ReadResult> SqliteReader::read(std::span<const Query> queries) {
  for (;;) {
    const LookVfs vfs;
    Connection connection({.path = existing_file(url_), .shown = url_.shown, .vfs = vfs.name()},
                          limits_);
    connection.execute("PRAGMA temp_store = MEMORY");
    std::vector<ReadResult> results = read_all(connection, queries);
    if (vfs.still_true()) return results;
    // Another program began to use the database in WAL mode. Its files stay while it does, so the
    // next try shares its index.
    connection.check_limits();
  }
}

void SqliteReader::subscribe(std::string_view /*topic*/) { watcher_.start(); }

std::vector<News> SqliteReader::wait_for_news(TimePoint until) {
  return news_of(watcher_, until, limits_);
}

}  // namespace tidegate::sqlite
