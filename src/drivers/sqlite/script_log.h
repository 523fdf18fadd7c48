#pragma once

#include <set>
#include <string>
#include <string_view>

namespace tidegate::sqlite {

/// What the statements of a script do, as SQLite's own parser tells it to the authorizer
/// (https://www.sqlite.org/c3ref/set_authorizer.html): what triggers do included.
struct ScriptLog {
  enum class Where { in_transaction, alone };
  Where where = Where::in_transaction;

  std::set<std::string> touched;  ///< tables whose rows may have changed; in lower case
  std::set<std::string> created;  ///< tables that were made; in lower case
  std::set<std::string> altered;  ///< tables whose definition was changed; in lower case
  /// A statement may have added a foreign key: that is done by this word only, or by hand.
  bool may_add_keys = false;
  bool reshaped = false;  ///< tables were altered or dropped, or the schema edited by hand
  /// Something that would outlive the script was set on the connection: a PRAGMA, ATTACH, TEMP.
  bool leaked = false;
  std::string refused;  ///< a transaction control statement that was not let through

  /// Writes one action down. Returns SQLITE_OK, or SQLITE_DENY for what must not be executed.
  int note(int action, const char* first, const char* second);

 private:
  void note_pragma(std::string_view name, const char* value);
};

}  // namespace tidegate::sqlite
