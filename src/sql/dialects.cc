#include <array>

#include "sql/dialect.h"

namespace tidegate {
namespace {

// https://www.postgresql.org/docs/15/sql-commands.html. SAVEPOINT, RELEASE and ROLLBACK TO stay
// inside the migration's transaction and are fine.
constexpr StatementPattern kPostgresTransactionControl[] = {
    {"BEGIN", "BEGIN"},
    {"START TRANSACTION", "START TRANSACTION"},
    {"COMMIT", "COMMIT"},
    {"END", "END"},
    {"ABORT", "ABORT"},
    {"ROLLBACK [WORK|TRANSACTION] $", "ROLLBACK"},
    {"ROLLBACK [WORK|TRANSACTION] AND", "ROLLBACK"},
    {"ROLLBACK PREPARED", "ROLLBACK PREPARED"},
    {"PREPARE TRANSACTION", "PREPARE TRANSACTION"},
};

// Each calls PreventInTransactionBlock in the server. ALTER TYPE … ADD VALUE doesn't since 12.
constexpr StatementPattern kPostgresNeedsNoTransaction[] = {
    {"CREATE [UNIQUE] INDEX CONCURRENTLY", "CREATE INDEX CONCURRENTLY"},
    {"DROP INDEX CONCURRENTLY", "DROP INDEX CONCURRENTLY"},
    {"REINDEX * CONCURRENTLY", "REINDEX CONCURRENTLY"},
    {"REINDEX [VERBOSE] DATABASE|SYSTEM|SCHEMA", "REINDEX of a whole schema or database"},
    {"REINDEX VERBOSE|TABLESPACE + DATABASE|SYSTEM|SCHEMA +",
     "REINDEX of a whole schema or database"},
    {"VACUUM", "VACUUM"},
    {"CLUSTER [VERBOSE] $", "CLUSTER of all tables"},
    {"CREATE DATABASE", "CREATE DATABASE"},
    {"DROP DATABASE", "DROP DATABASE"},
    {"ALTER DATABASE + SET TABLESPACE", "ALTER DATABASE … SET TABLESPACE"},
    {"CREATE TABLESPACE", "CREATE TABLESPACE"},
    {"DROP TABLESPACE", "DROP TABLESPACE"},
    {"ALTER SYSTEM", "ALTER SYSTEM"},
    {"CREATE SUBSCRIPTION", "CREATE SUBSCRIPTION"},
    {"DROP SUBSCRIPTION", "DROP SUBSCRIPTION"},
    {"ALTER SUBSCRIPTION + REFRESH PUBLICATION", "ALTER SUBSCRIPTION … REFRESH PUBLICATION"},
    {"ALTER TABLE * DETACH PARTITION + CONCURRENTLY", "DETACH PARTITION … CONCURRENTLY"},
    {"DISCARD ALL", "DISCARD ALL"},
};

constexpr StatementPattern kSqliteTransactionControl[] = {
    {"BEGIN", "BEGIN"},
    {"COMMIT", "COMMIT"},
    {"END", "END"},
    {"ROLLBACK [TRANSACTION] $", "ROLLBACK"},
};

// Tried inside BEGIN IMMEDIATE on 3.40. A new journal_mode isn't refused there: it is left as it
// was without a word, and the migration would be recorded all the same.
constexpr StatementPattern kSqliteNeedsNoTransaction[] = {
    {"VACUUM", "VACUUM"},
    {"DETACH", "DETACH"},
    {"PRAGMA * JOURNAL_MODE +", "PRAGMA journal_mode"},
    {"PRAGMA * SYNCHRONOUS +", "PRAGMA synchronous"},
    {"PRAGMA * WAL_CHECKPOINT", "PRAGMA wal_checkpoint"},
};

// https://www.sqlite.org/pragma.html#pragma_foreign_keys
constexpr StatementPattern kSqliteIgnoredInTransaction[] = {
    {"PRAGMA * FOREIGN_KEYS +", "PRAGMA foreign_keys"},
};

constexpr std::array kDialects = {
    Dialect{
        .engine = "postgres",
        .dollar_quotes = true,
        .nested_comments = true,
        .escape_strings = true,
        .atomic_bodies = true,
        .copy_from_stdin = true,
        .psql_meta_commands = true,
        .carriage_return_ends_comment = true,
        .transaction_control = kPostgresTransactionControl,
        .needs_no_transaction = kPostgresNeedsNoTransaction,
        .ignored_in_transaction = {},
    },
    Dialect{
        .engine = "mysql",
        .backtick_identifiers = true,
        .trigger_bodies = true,
        .transaction_control = {},
        .needs_no_transaction = {},
        .ignored_in_transaction = {},
    },
    Dialect{
        .engine = "sqlite",
        .backtick_identifiers = true,
        .bracket_identifiers = true,
        .trigger_bodies = true,
        .transaction_control = kSqliteTransactionControl,
        .needs_no_transaction = kSqliteNeedsNoTransaction,
        .ignored_in_transaction = kSqliteIgnoredInTransaction,
    },
};

}  // namespace

const Dialect* find_dialect(std::string_view engine) {
  for (const Dialect& dialect : kDialects) {
    if (dialect.engine == engine) return &dialect;
  }
  return nullptr;
}

}  // namespace tidegate
