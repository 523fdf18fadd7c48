#include <fmt/format.h>

#include <charconv>

#include "history/native_history.h"
#include "history/native_sql.h"

namespace tidegate {

namespace {

template <typename Number>
Number number_of(const Rows& rows, std::size_t row, std::size_t column) {
  const std::string_view text = rows.at(row, column).value_or("0");
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

RunState run_state(std::string_view text) {
  if (text == "done") return RunState::done;
  if (text == "failed") return RunState::failed;
  if (text == "interrupted") return RunState::interrupted;
  return RunState::running;
}

JournalEntry::State journal_state(std::string_view text) {
  if (text == "done") return JournalEntry::State::done;
  if (text == "failed") return JournalEntry::State::failed;
  return JournalEntry::State::started;
}

Direction direction_of(std::string_view text) {
  return text == "down" ? Direction::down : Direction::up;
}

class NativeReader : public HistoryReader {
 public:
  explicit NativeReader(const HistoryName& name) : sql_(native_sql(name)) {}

  std::vector<Query> reads() const override {
    std::vector<Query> reads;
    reads.push_back(
        {fmt::format("SELECT version, name, checksum, {}, floor FROM {} ORDER BY version",
                     sql_.as_text("applied_at"), sql_.migrations)});
    reads.push_back(
        {fmt::format("SELECT id, state, holder, {}, {}, direction, migration, checksum, statement, "
                     "statement_count, error, server_code FROM {} ORDER BY id DESC LIMIT 1",
                     sql_.as_text("started_at"), sql_.as_text("heartbeat_at"), sql_.runs)});
    reads.push_back(
        {fmt::format("SELECT version, statement, state, checksum, direction, {} FROM {} "
                     "ORDER BY version, statement",
                     sql_.before, sql_.journal)});
    if (has_place()) reads.push_back(sql_.place_read);
    return reads;
  }

  History history(std::span<const ReadResult> results) const override {
    History history;
    const auto* records = rows_or_absent(results[0], sql_.migrations);
    const auto* runs = rows_or_absent(results[1], sql_.runs);
    const auto* journal = rows_or_absent(results[2], sql_.journal);
    if (records != nullptr) {
      history.state = History::State::present;
      read_records(*records, history);
    }
    if (runs != nullptr && !runs->empty()) history.last_run = read_run(*runs);
    if (journal != nullptr) read_journal(*journal, history);
    history.writable_as_it_is = records != nullptr && runs != nullptr && journal != nullptr;
    if (has_place()) history.schema = read_schema(results[3]);
    return history;
  }

  std::string topic() const override { return sql_.notifies ? sql_.table : std::string(); }

 private:
  bool has_place() const { return !sql_.place_read.sql.empty(); }

  static std::string read_schema(const ReadResult& result) {
    if (const auto* error = std::get_if<Error>(&result)) throw *error;
    const Rows& rows = std::get<Rows>(result);
    return rows.empty() ? std::string() : rows.text(0, 0);
  }

  // A missing table is an answer; anything else that keeps us from reading is not.
  static const Rows* rows_or_absent(const ReadResult& result, const std::string& table) {
    if (const auto* rows = std::get_if<Rows>(&result)) return rows;
    Error error = std::get<Error>(result);
    if (error.code == ErrorCode::no_table) return nullptr;
    if (error.code == ErrorCode::foreign_table) {
      error.message = fmt::format("the table {} is not Tidegate's: {}", table, error.message);
      error.hint = "name another one with --history-table, or rename that table";
    } else if (error.code == ErrorCode::no_permission) {
      error.hint = fmt::format("grant SELECT on {} to this role", table);
    }
    throw error;
  }

  static void read_records(const Rows& rows, History& history) {
    history.records.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
      Record record;
      record.version = Version(rows.text(row, 0));
      record.name = rows.text(row, 1);
      record.checksum = rows.text(row, 2);
      record.applied_at = rows.text(row, 3);
      if (const auto floor = rows.at(row, 4)) record.floor = Version(std::string(*floor));
      history.records.push_back(std::move(record));
    }
  }

  static Run read_run(const Rows& rows) {
    Run run;
    run.id = number_of<std::int64_t>(rows, 0, 0);
    run.state = run_state(rows.text(0, 1));
    run.holder = rows.text(0, 2);
    run.started_at = rows.text(0, 3);
    run.heartbeat_at = rows.text(0, 4);
    run.direction = direction_of(rows.text(0, 5));
    run.migration = rows.text(0, 6);
    run.checksum = rows.text(0, 7);
    run.statement = number_of<std::uint32_t>(rows, 0, 8);
    run.statement_count = number_of<std::uint32_t>(rows, 0, 9);
    run.error = rows.text(0, 10);
    run.server_code = rows.text(0, 11);
    return run;
  }

  static void read_journal(const Rows& rows, History& history) {
    for (std::size_t row = 0; row < rows.size(); ++row) {
      JournalEntry entry;
      entry.version = Version(rows.text(row, 0));
      entry.statement = number_of<std::uint32_t>(rows, row, 1);
      entry.state = journal_state(rows.text(row, 2));
      entry.checksum = rows.text(row, 3);
      entry.direction = direction_of(rows.text(row, 4));
      entry.before = rows.text(row, 5);
      history.journal.push_back(std::move(entry));
    }
  }

  NativeSql sql_;
};

}  // namespace

std::unique_ptr<HistoryReader> make_native_reader(const HistoryName& name) {
  return std::make_unique<NativeReader>(name);
}

}  // namespace tidegate
