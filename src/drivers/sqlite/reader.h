#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/sqlite/connection.h"
#include "drivers/sqlite/watcher.h"
#include "tidegate/driver.h"

namespace tidegate::sqlite {

/// Runs reads on an open connection, each by itself. What SQLite says about a statement is that
/// read's result: Error{no_table} for an absent table, Error{foreign_table} for an absent column.
///
/// Throws: Error about anything else: locked, damaged, interrupted, ….
std::vector<ReadResult> read_all(Connection& connection, std::span<const Query> queries);

/// What a watcher saw, as news. The file says no more than that it changed.
std::vector<News> news_of(Watcher& watcher, TimePoint until, const Limits& limits);

/// Looks at a database file without changing anything in it or beside it.
///
/// Each `read` opens the file anew, so that nothing is held between two reads and a file that was
/// put in the place of another is seen.
class SqliteReader : public Reader {
 public:
  /// Throws: as Connection.
  SqliteReader(const DatabaseUrl& url, const ConnectOptions& options);

  void limit_to(TimePoint deadline, std::stop_token stop) override;
  std::vector<ReadResult> read(std::span<const Query> queries) override;
  Server server() override { return {.product = "SQLite"}; }
  void subscribe(std::string_view topic) override;
  std::vector<News> wait_for_news(TimePoint until) override;

 private:
  DatabaseUrl url_;
  Limits limits_;
  Watcher watcher_;
};

}  // namespace tidegate::sqlite
