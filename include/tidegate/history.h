#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tidegate/error.h"
#include "tidegate/migration.h"
#include "tidegate/session.h"

namespace tidegate {

/// One migration that was applied: a row of the history.
struct Record {
  Version version;
  std::string name;              ///< empty where the table keeps none
  std::string checksum;          ///< empty where the table keeps none, or the row is a baseline's
  std::string applied_at;        ///< UTC, RFC 3339; empty where unknown
  std::optional<Version> floor;  ///< builds older than that must not run
};

enum class RunState { running, done, failed, interrupted };

/// The state's name, in the run table as in JSON: `running`.
std::string_view to_string(RunState state);

/// One run of a migrator that had something to do: a row of the run table. Its id is the epoch.
struct Run {
  std::int64_t id = 0;
  RunState state = RunState::running;
  std::string holder;        ///< `host:12`, or what --holder said
  std::string started_at;    ///< UTC, RFC 3339
  std::string heartbeat_at;  ///< when the run last told of itself
  Direction direction = Direction::up;
  std::string migration;        ///< version at work, or the last one
  std::string checksum;         ///< of that migration's file
  std::uint32_t statement = 0;  ///< of that migration, counts from 1; 0 unknown
  std::uint32_t statement_count = 0;
  std::string error;  ///< one line: place, message, server code
  std::string server_code;
};

/// How far one statement of a migration outside a transaction got: a row of the journal.
struct JournalEntry {
  enum class State { started, done, failed };
  Version version;
  std::uint32_t statement = 0;  ///< counts from 1
  State state = State::started;
  std::string checksum;  ///< SHA-256 in hex of the statement's text
  Direction direction = Direction::up;
  /// What the catalog showed before the statement was first started (`StatementLook::seen`); empty
  /// where it can't tell what became of such a statement.
  std::string before;
};

/// What a look at the history found.
struct History {
  enum class State { absent, present };
  State state = State::absent;
  /// Whether every table that a migrator writes is there.
  bool writable_as_it_is = false;
  /// Where the history is, or would be made; empty where the engine has no schemas.
  std::string schema;
  std::vector<Record> records;        ///< ascending by version
  std::optional<Run> last_run;        ///< where the table of runs is there and readable
  std::vector<JournalEntry> journal;  ///< of unfinished migrations, by version and statement

  const Record* find(const Version& version) const;
};

/// Reads one kind of history table. Needs SELECT only and makes nothing.
///
/// A reader is a list of reads and the function that understands their answers.
class HistoryReader {
 public:
  virtual ~HistoryReader() = default;

  virtual std::vector<Query> reads() const = 0;

  /// `results` answer `reads()`. An absent table is History::State::absent.
  ///
  /// Throws: Error{no_permission, foreign_table, …}.
  virtual History history(std::span<const ReadResult> results) const = 0;

  /// Where a wake-up for this history is announced; empty where nobody announces.
  virtual std::string topic() const = 0;
};

/// Writes one kind of history table; only ever called by the holder of the lock.
///
/// Each function gives the statements; who calls decides which transaction they go into.
class HistoryWriter {
 public:
  virtual ~HistoryWriter() = default;

  /// Makes the tables if they are absent.
  virtual std::vector<Query> create() const = 0;

  /// Records `migration` as applied by run `run_id`, forgets its journal, and announces it with the
  /// number of migrations that are still to come. Goes into the migration's own transaction.
  virtual std::vector<Query> record(const Migration& migration, std::int64_t run_id,
                                    std::size_t remaining_count) const = 0;
  /// Removes the record; goes into the transaction that reverts.
  virtual std::vector<Query> remove(const Version& version, std::size_t remaining_count) const = 0;
  /// Records it without its having run (baseline).
  virtual std::vector<Query> record_baseline(const Migration& migration) const = 0;
  /// Makes the recorded checksum and name the file's (accept).
  virtual std::vector<Query> accept(const Migration& migration) const = 0;

  /// True while `version` isn't recorded: the second look, inside the transaction that applies it.
  virtual Guard not_recorded(const Version& version) const = 0;
  /// True while `version` is recorded.
  virtual Guard recorded(const Version& version) const = 0;

  /// Begins the run of that id, which must be one above the last: two can't begin the same.
  virtual std::vector<Query> begin_run(const Run& run) const = 0;
  /// Tells how far the run is; for what isn't in a transaction. Nothing where the session or the
  /// lock tells.
  virtual std::vector<Query> update_run(const Run& run) const = 0;
  /// Tells how the run ended and wakes who waits.
  virtual std::vector<Query> end_run(const Run& run) const = 0;

  /// Keeps how far statements outside a transaction got: an entry for each.
  virtual std::vector<Query> journal(std::span<const JournalEntry> entries) const = 0;
};

}  // namespace tidegate
