#include <fmt/format.h>

#include "history/announcement.h"
#include "history/native_history.h"
#include "history/native_sql.h"

namespace tidegate {

namespace {

std::string_view state_text(JournalEntry::State state) {
  switch (state) {
    case JournalEntry::State::started:
      return "started";
    case JournalEntry::State::done:
      return "done";
    case JournalEntry::State::failed:
      return "failed";
  }
  return "started";
}

std::string direction_text(Direction direction) {
  return direction == Direction::up ? "up" : "down";
}

Parameter null_if_empty(const std::string& text) {
  return text.empty() ? Parameter() : Parameter(text);
}

class NativeWriter : public HistoryWriter {
 public:
  explicit NativeWriter(const HistoryName& name)
      : sql_(native_sql(name)), schema_is_absent_(name.schema_is_absent) {}

  std::vector<Query> create() const override {
    std::vector<Query> queries;
    // Only then: IF NOT EXISTS wants the right to create even for one that is there.
    if (schema_is_absent_) {
      queries.push_back({fmt::format("CREATE SCHEMA IF NOT EXISTS {}", sql_.quote(sql_.schema))});
    }
    queries.push_back({fmt::format(
        "CREATE TABLE IF NOT EXISTS {} (version {} PRIMARY KEY, name TEXT NOT NULL, checksum TEXT, "
        "applied_at {} NOT NULL, duration_ms {}, floor {}, run_id {}) {}",
        sql_.migrations, sql_.integer, sql_.timestamp, sql_.integer, sql_.integer, sql_.integer,
        sql_.options)});
    queries.push_back({fmt::format(
        "CREATE TABLE IF NOT EXISTS {} (id {} PRIMARY KEY, state TEXT NOT NULL, direction TEXT NOT "
        "NULL, holder TEXT NOT NULL, started_at {} NOT NULL, heartbeat_at {} NOT NULL, finished_at "
        "{}, migration TEXT, checksum TEXT, statement {}, statement_count {}, error TEXT, "
        "server_code TEXT) {}",
        sql_.runs, sql_.integer, sql_.timestamp, sql_.timestamp, sql_.timestamp, sql_.integer,
        sql_.integer, sql_.options)});
    queries.push_back({fmt::format(
        "CREATE TABLE IF NOT EXISTS {} (version {} NOT NULL, statement {} NOT NULL, state TEXT NOT "
        "NULL, checksum TEXT NOT NULL, direction TEXT NOT NULL, at {} NOT NULL, {} TEXT, "
        "PRIMARY KEY (version, statement)) {}",
        sql_.journal, sql_.integer, sql_.integer, sql_.timestamp, sql_.before, sql_.options)});
    return queries;
  }

  std::vector<Query> record(const Migration& migration, std::int64_t run_id,
                            std::size_t remaining_count) const override {
    std::vector<Query> queries;
    queries.push_back(
        {fmt::format("INSERT INTO {} (version, name, checksum, applied_at, "
                     "duration_ms, floor, run_id) VALUES ($1, $2, $3, {}, {}, $4, $5)",
                     sql_.migrations, sql_.now, duration()),
         {migration.version.text(), migration.name, migration.up.checksum, floor_of(migration),
          std::to_string(run_id)}});
    finish(migration.version, remaining_count, queries);
    return queries;
  }

  std::vector<Query> remove(const Version& version, std::size_t remaining_count) const override {
    std::vector<Query> queries;
    queries.push_back(
        {fmt::format("DELETE FROM {} WHERE version = $1", sql_.migrations), {version.text()}});
    finish(version, remaining_count, queries);
    return queries;
  }

  std::vector<Query> record_baseline(const Migration& migration) const override {
    return {
        {fmt::format("INSERT INTO {} (version, name, checksum, applied_at, floor) VALUES ($1, "
                     "$2, $3, {}, $4)",
                     sql_.migrations, sql_.now),
         {migration.version.text(), migration.name, migration.up.checksum, floor_of(migration)}}};
  }

  std::vector<Query> accept(const Migration& migration) const override {
    return {
        {fmt::format("UPDATE {} SET name = $2, checksum = $3, floor = $4 WHERE version = $1",
                     sql_.migrations),
         {migration.version.text(), migration.name, migration.up.checksum, floor_of(migration)}}};
  }

  Guard not_recorded(const Version& version) const override {
    return {fmt::format("NOT EXISTS (SELECT 1 FROM {} WHERE version = $1)", sql_.migrations),
            {version.text()}};
  }

  Guard recorded(const Version& version) const override {
    return {fmt::format("EXISTS (SELECT 1 FROM {} WHERE version = $1)", sql_.migrations),
            {version.text()}};
  }

  std::vector<Query> begin_run(const Run& run) const override {
    return {{fmt::format("INSERT INTO {} (id, state, direction, holder, started_at, heartbeat_at, "
                         "migration, checksum) VALUES ($1, 'running', $2, $3, {}, {}, $4, $5)",
                         sql_.runs, sql_.now, sql_.now),
             {std::to_string(run.id), direction_text(run.direction), run.holder,
              null_if_empty(run.migration), null_if_empty(run.checksum)}}};
  }

  std::vector<Query> update_run(const Run& run) const override {
    if (!sql_.tells_in_table) return {};
    return {
        {fmt::format("UPDATE {} SET heartbeat_at = {}, migration = $2, checksum = $3, statement "
                     "= $4, statement_count = $5 WHERE id = $1",
                     sql_.runs, sql_.now),
         {std::to_string(run.id), null_if_empty(run.migration), null_if_empty(run.checksum),
          std::to_string(run.statement), std::to_string(run.statement_count)}}};
  }

  std::vector<Query> end_run(const Run& run) const override {
    std::vector<Query> queries;
    queries.push_back(
        {fmt::format("UPDATE {} SET state = $2, heartbeat_at = {}, finished_at = {}, migration = "
                     "$3, checksum = $4, statement = $5, statement_count = $6, error = $7, "
                     "server_code = $8 WHERE id = $1",
                     sql_.runs, sql_.now, sql_.now),
         {std::to_string(run.id), std::string(to_string(run.state)), null_if_empty(run.migration),
          null_if_empty(run.checksum), std::to_string(run.statement),
          std::to_string(run.statement_count), null_if_empty(run.error),
          null_if_empty(run.server_code)}});
    announce({sql_.schema, std::nullopt, 0}, queries);
    return queries;
  }

  std::vector<Query> journal(std::span<const JournalEntry> entries) const override {
    if (entries.empty()) return {};
    std::vector<std::string> rows;
    std::vector<Parameter> parameters;
    for (const JournalEntry& entry : entries) {
      const std::size_t before = parameters.size();
      parameters.insert(parameters.end(),
                        {entry.version.text(), std::to_string(entry.statement),
                         std::string(state_text(entry.state)), entry.checksum,
                         direction_text(entry.direction), null_if_empty(entry.before)});
      rows.push_back(fmt::format("(${}, ${}, ${}, ${}, ${}, ${}, {})", before + 1, before + 2,
                                 before + 3, before + 4, before + 5, before + 6, sql_.now));
    }
    return {{fmt::format("INSERT INTO {} (version, statement, state, checksum, direction, {}, at) "
                         "VALUES {} {}",
                         sql_.journal, sql_.before, fmt::join(rows, ", "), sql_.upsert),
             std::move(parameters)}};
  }

 private:
  static Parameter floor_of(const Migration& migration) {
    const auto& floor = migration.up.directives.floor;
    return floor ? Parameter(floor->text()) : Parameter();
  }

  // The server knows best how long its transaction took; SQLite's has no clock of its own.
  std::string duration() const {
    if (!sql_.notifies) return "NULL";
    return "(extract(epoch FROM clock_timestamp() - transaction_timestamp()) * 1000)::bigint";
  }

  void finish(const Version& version, std::size_t remaining_count,
              std::vector<Query>& queries) const {
    queries.push_back(
        {fmt::format("DELETE FROM {} WHERE version = $1", sql_.journal), {version.text()}});
    announce({sql_.schema, version, remaining_count}, queries);
  }

  // Sent in the transaction that it tells of: it arrives when that is committed, or never.
  // https://www.postgresql.org/docs/current/sql-notify.html
  void announce(const Announcement& announcement, std::vector<Query>& queries) const {
    if (!sql_.notifies) return;
    queries.push_back({"SELECT pg_catalog.pg_notify($1, $2)", {sql_.table, encode(announcement)}});
  }

  NativeSql sql_;
  bool schema_is_absent_;
};

}  // namespace

std::unique_ptr<HistoryWriter> make_native_writer(const HistoryName& name) {
  return std::make_unique<NativeWriter>(name);
}

}  // namespace tidegate
