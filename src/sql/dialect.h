#pragma once

#include <span>
#include <string_view>

namespace tidegate {

/// How statements of one kind begin. Words are matched without regard to case, comments aside;
/// a quoted name, string or number is a word that only a wildcard matches. `*` stands for any run
/// of words within the statement, `+` for a run of at least one, `A|B` for either word, `[A]` for a
/// word that may be missing, `$` for the statement's end.
struct StatementPattern {
  std::string_view words;  ///< `CREATE [UNIQUE] INDEX CONCURRENTLY`
  std::string_view shown;  ///< how a message names it
};

/// The client whose own commands stand in scripts, as errors of their own: no server knows them.
enum class Client {
  none,
  psql,    ///< a backslash begins one
  mariadb  ///< a backslash, or a word that no statement begins with; DELIMITER is obeyed
};

/// One engine's SQL, as data for the splitter and the checks.
struct Dialect {
  std::string_view engine;  ///< the driver's name
  bool dollar_quotes = false;
  bool nested_comments = false;
  bool escape_strings = false;     ///< E'…\'…'
  bool backslash_escapes = false;  ///< '…\'…' and "…\"…", which is a string, too
  bool backtick_identifiers = false;
  bool bracket_identifiers = false;
  bool hash_comments = false;      ///< `#` to the end of the line
  bool dashes_need_space = false;  ///< `--` opens a comment only before space or a control
  bool executed_comments = false;  ///< `/*! … */`, `/*!50001 … */`, `/*M! … */` are statements
  bool parentheses_hide = false;   ///< a semicolon between them ends nothing
  bool atomic_bodies = false;      ///< BEGIN ATOMIC … END in a routine
  bool trigger_bodies = false;     ///< CREATE TRIGGER … BEGIN … END
  bool stored_programs = false;    ///< BEGIN … END, IF, CASE, LOOP … in a routine and outside
  bool copy_from_stdin = false;
  bool carriage_return_ends_comment = false;  ///< a lone CR ends a `--` comment, as LF does
  Client client = Client::none;
  std::span<const StatementPattern> transaction_control;
  std::span<const StatementPattern> needs_no_transaction;
  /// What the server accepts inside a transaction and silently doesn't do.
  std::span<const StatementPattern> ignored_in_transaction;
  /// What ends the transaction it is in and can't be taken back: see `commits_by_itself`.
  std::span<const StatementPattern> commits_by_itself;
  /// What begins like one of those and stays in its transaction.
  std::span<const StatementPattern> stays_in_transaction;
};

/// The dialect of an engine, or null.
const Dialect* find_dialect(std::string_view engine);

}  // namespace tidegate
