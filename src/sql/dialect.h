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

/// One engine's SQL, as data for the splitter and the checks.
struct Dialect {
  std::string_view engine;  ///< the driver's name
  bool dollar_quotes = false;
  bool nested_comments = false;
  bool escape_strings = false;  ///< E'…\'…'
  bool backtick_identifiers = false;
  bool bracket_identifiers = false;
  bool atomic_bodies = false;   ///< BEGIN ATOMIC … END in a routine
  bool trigger_bodies = false;  ///< CREATE TRIGGER … BEGIN … END
  bool copy_from_stdin = false;
  bool psql_meta_commands = false;  ///< a backslash that starts one is an error of its own
  bool carriage_return_ends_comment = false;  ///< a lone CR ends a `--` comment, as LF does
  std::span<const StatementPattern> transaction_control;
  std::span<const StatementPattern> needs_no_transaction;
  /// What the server accepts inside a transaction and silently doesn't do.
  std::span<const StatementPattern> ignored_in_transaction;
};

/// The dialect of an engine, or null.
const Dialect* find_dialect(std::string_view engine);

}  // namespace tidegate
