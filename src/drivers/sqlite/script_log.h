#pragma once

#include <set>
#include <string>
#include <string_view>

namespace tidegate::sqlite {

/// A table's name as SQLite compares it: without regard to ASCII case.
std::string folded(std::string_view name);

/// What the statements of a script do, as SQLite's own parser tells it to the authorizer
/// (https://www.sqlite.org/c3ref/set_authorizer.html): what triggers do included.
struct ScriptLog {
  enum class Where { in_transaction, alone };
  Where where = Where::in_transaction;

  std::set<std::string> touched;  ///< tables whose rows may have changed; folded
  std::set<std::string> created;  ///< tables that were made; folded
  std::set<std::string> altered;  ///< tables whose definition was changed; folded
  bool reshaped = false;          ///< tables were altered or dropped, or the schema edited by hand
  /// Something that would outlive the script was set on the connection: a PRAGMA, ATTACH, TEMP.
  bool leaked = false;
  std::string refused;  ///< a transaction control statement that was not let through

  /// Writes one action down. Returns SQLITE_OK, or SQLITE_DENY for what must not be executed.
  int note(int action, const char* first, const char* second);

 private:
  void note_pragma(std::string_view name, const char* value);
};

}  // namespace tidegate::sqlite
