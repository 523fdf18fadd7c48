#pragma once

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate {

/// The key of a migration, in the form its history table keeps it.
///
/// Ordered part by part: digits by value, anything else by bytes, so that 9 < 10, 1.9 < 1.10 and
/// 20261122120000 < 20261122120001.
class Version {
 public:
  Version() = default;
  /// Takes the text as it is; `parse_integer` is the door for numbers from file names and flags.
  explicit Version(std::string text);

  /// The version that a run of decimal digits means: leading zeros dropped. Nothing when `digits`
  /// is empty, has other characters, or is above 9223372036854775807 (what a BIGINT holds).
  static std::optional<Version> parse_integer(std::string_view digits);

  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }

  friend bool operator==(const Version&, const Version&) = default;
  friend std::strong_ordering operator<=>(const Version& left, const Version& right);

 private:
  std::string text_;
  /// The same as a number, so that a thousand of them are compared quickly; 0 where the text isn't
  /// the usual form of one.
  std::uint64_t number_ = 0;
};

/// A spot in a file. `line` and `column` count from 1, columns in characters (code points);
/// 0 means the file as a whole.
struct Place {
  std::string file;
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

/// `file:line:column`, or just `file` where no line is known.
std::string to_string(const Place& place);

/// One statement of a script: where it stands in the script's text.
struct Statement {
  std::size_t offset = 0;      ///< of its first byte that is neither space nor comment
  std::size_t size_bytes = 0;  ///< without the terminator
  std::uint32_t line = 0;      ///< counts from 1
  std::uint32_t column = 0;    ///< counts from 1, in characters
  /// The lines between `COPY … FROM stdin;` and `\.`, as they stand in the text.
  std::optional<std::size_t> copy_data_offset;
  std::size_t copy_data_size_bytes = 0;
};

enum class Direction { up, down };
enum class Phase { expand, contract };
enum class Transactional { yes, no };

/// What the leading `-- tidegate:` comments of a file ask for.
struct Directives {
  Transactional transactional = Transactional::yes;
  Phase phase = Phase::expand;
  std::optional<Version> floor;  ///< builds whose newest version is below must not run after this
  std::optional<std::chrono::milliseconds> lock_timeout;
};

class Work;

/// The SQL of one file, or a function in its place.
struct Script {
  std::string file;      ///< path, as a person would type it
  std::string text;      ///< UTF-8 without byte order mark, line ends as in the file
  std::string checksum;  ///< SHA-256 in hex over the text with every line end made LF
  Directives directives;
  /// Filled by `split_scripts`, since it depends on the database's dialect.
  std::vector<Statement> statements;
  /// A migration written in C++; `text` is then empty. See tidegate/code.h.
  std::function<void(Work&)> code = {};

  /// How many steps there are to tell of; a function is one.
  std::size_t statement_count() const { return code ? 1 : statements.size(); }

  std::string_view text_of(const Statement& statement) const {
    return std::string_view(text).substr(statement.offset, statement.size_bytes);
  }
  Place place_of(const Statement& statement) const {
    return {file, statement.line, statement.column};
  }
};

/// One migration of a folder.
struct Migration {
  Version version;
  std::string name;  ///< without version and suffix: `create_users`
  Script up;         ///< `up.text` is empty where the format's files are code (Ecto)
  std::optional<Script> down;
};

enum class Severity { warning, error };

/// What a user's files or their history say that a person should know.
struct Finding {
  Severity severity = Severity::error;
  std::string rule;  ///< a stable name: `duplicate_version`
  Place place;
  std::string message;  ///< one sentence that names the thing
  std::string recipe;   ///< an imperative: what to do next
};

/// All migrations of a build, by version.
struct MigrationSet {
  std::string format;                 ///< the row of the formats table: `native`, `ecto`
  std::vector<std::string> folders;   ///< where they were read
  std::vector<Migration> migrations;  ///< ascending, no version twice

  /// The migration of that version, or null.
  const Migration* find(const Version& version) const;
};

}  // namespace tidegate
