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

// LOCK TABLES ends the transaction, and hides the history table from the session that holds it.
constexpr StatementPattern kMysqlTransactionControl[] = {
    {"BEGIN [WORK] $", "BEGIN"},
    {"START TRANSACTION", "START TRANSACTION"},
    {"COMMIT", "COMMIT"},
    {"ROLLBACK [WORK] $", "ROLLBACK"},
    {"ROLLBACK [WORK] AND|NO|RELEASE", "ROLLBACK"},
    {"XA", "XA"},
    {"SET * AUTOCOMMIT", "SET autocommit"},
    {"LOCK TABLE|TABLES", "LOCK TABLES"},
    {"UNLOCK TABLE|TABLES", "UNLOCK TABLES"},
    {"FLUSH * WITH READ LOCK", "FLUSH TABLES WITH READ LOCK"},
};

// https://dev.mysql.com/doc/refman/8.0/en/implicit-commit.html
// https://mariadb.com/kb/en/sql-statements-that-cause-an-implicit-commit/
// Whole verbs rather than what they are followed by, so that a newer server's statements are here.
constexpr StatementPattern kMysqlCommitsByItself[] = {
    {"ALTER", "ALTER"},
    {"CREATE", "CREATE"},
    {"DROP", "DROP"},
    {"RENAME", "RENAME"},
    {"TRUNCATE", "TRUNCATE"},
    {"GRANT", "GRANT"},
    {"REVOKE", "REVOKE"},
    {"SET PASSWORD", "SET PASSWORD"},
    {"SET DEFAULT ROLE", "SET DEFAULT ROLE"},
    {"SET STATEMENT", "SET STATEMENT … FOR"},
    {"SET * AUTOCOMMIT", "SET autocommit"},
    {"ANALYZE [LOCAL|NO_WRITE_TO_BINLOG] TABLE|TABLES", "ANALYZE TABLE"},
    {"CHECK TABLE|TABLES|VIEW", "CHECK TABLE"},
    {"OPTIMIZE", "OPTIMIZE TABLE"},
    {"REPAIR", "REPAIR TABLE"},
    {"CACHE INDEX", "CACHE INDEX"},
    {"LOAD INDEX", "LOAD INDEX INTO CACHE"},
    {"IMPORT TABLE", "IMPORT TABLE"},
    {"FLUSH", "FLUSH"},
    {"RESET", "RESET"},
    {"INSTALL", "INSTALL"},
    {"UNINSTALL", "UNINSTALL"},
    {"CHANGE MASTER|REPLICATION", "CHANGE MASTER"},
    {"START", "START"},
    {"STOP", "STOP"},
    {"BACKUP", "BACKUP STAGE"},
    {"LOCK", "LOCK TABLES"},
    {"UNLOCK", "UNLOCK TABLES"},
    {"BEGIN", "BEGIN"},
    {"COMMIT", "COMMIT"},
    {"ROLLBACK", "ROLLBACK"},
    {"XA", "XA"},
    // These may run any statement.
    {"CALL", "CALL"},
    {"EXECUTE", "EXECUTE"},
    {"IF", "IF … END IF"},
    {"CASE", "CASE … END CASE"},
    {"LOOP", "LOOP"},
    {"REPEAT", "REPEAT"},
    {"WHILE", "WHILE"},
    {"FOR", "FOR"},
};

constexpr StatementPattern kMysqlStaysInTransaction[] = {
    {"CREATE [OR] [REPLACE] TEMPORARY TABLE", "CREATE TEMPORARY TABLE"},
    {"DROP TEMPORARY", "DROP TEMPORARY TABLE"},
    {"DROP PREPARE", "DROP PREPARE"},
    {"ROLLBACK [WORK] TO", "ROLLBACK TO"},
};

constexpr std::array kDialects = {
    Dialect{
        .engine = "postgres",
        .dollar_quotes = true,
        .nested_comments = true,
        .escape_strings = true,
        .parentheses_hide = true,
        .atomic_bodies = true,
        .copy_from_stdin = true,
        .carriage_return_ends_comment = true,
        .client = Client::psql,
        .transaction_control = kPostgresTransactionControl,
        .needs_no_transaction = kPostgresNeedsNoTransaction,
        .ignored_in_transaction = {},
        .commits_by_itself = {},
        .stays_in_transaction = {},
    },
    Dialect{
        .engine = "sqlite",
        .backtick_identifiers = true,
        .bracket_identifiers = true,
        .parentheses_hide = true,
        .trigger_bodies = true,
        .transaction_control = kSqliteTransactionControl,
        .needs_no_transaction = kSqliteNeedsNoTransaction,
        .ignored_in_transaction = kSqliteIgnoredInTransaction,
        .commits_by_itself = {},
        .stays_in_transaction = {},
    },
    Dialect{
        .engine = "mysql",
        .backslash_escapes = true,
        .backtick_identifiers = true,
        .hash_comments = true,
        .dashes_need_space = true,
        .executed_comments = true,
        .stored_programs = true,
        .client = Client::mariadb,
        .transaction_control = kMysqlTransactionControl,
        .needs_no_transaction = {},
        .ignored_in_transaction = {},
        .commits_by_itself = kMysqlCommitsByItself,
        .stays_in_transaction = kMysqlStaysInTransaction,
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
