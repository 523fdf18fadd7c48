#include "drivers/sqlite/script_log.h"

#include <sqlite3.h>

#include <algorithm>
#include <array>

#include "base/ascii.h"

namespace tidegate::sqlite {

namespace {

// PRAGMAs that only ask, or whose effect is in the file and thus the migration's own. Any other
// that is given a value counts as a setting that must not reach the next migration.
constexpr std::array<std::string_view, 20> kHarmless = {
    "application_id",   "auto_vacuum",       "data_version", "defer_foreign_keys",
    "foreign_key_list", "foreign_key_check", "encoding",     "incremental_vacuum",
    "index_info",       "index_list",        "index_xinfo",  "integrity_check",
    "optimize",         "quick_check",       "table_info",   "table_list",
    "table_xinfo",      "schema_version",    "user_version", "wal_checkpoint"};

std::string_view text_of(const char* text) { return text == nullptr ? "" : text; }

}  // namespace

// Names are compared as SQLite does: without regard to the case of ASCII letters.
void ScriptLog::note_pragma(std::string_view name, const char* value) {
  const std::string setting = to_lower(name);
  if (value == nullptr || std::find(kHarmless.begin(), kHarmless.end(), setting) != kHarmless.end())
    return;
  // SQLite ignores it inside a transaction, and many folders begin each file with it.
  if (setting == "foreign_keys" && where == Where::in_transaction) return;
  if (setting == "writable_schema") reshaped = true;
  leaked = true;
}

int ScriptLog::note(int action, const char* first, const char* second) {
  switch (action) {
    case SQLITE_INSERT:
    case SQLITE_UPDATE:
    case SQLITE_DELETE:
      touched.insert(to_lower(text_of(first)));
      break;
    case SQLITE_CREATE_TABLE:
    case SQLITE_CREATE_VTABLE:
      created.insert(to_lower(text_of(first)));
      break;
    case SQLITE_ALTER_TABLE:
      altered.insert(to_lower(text_of(second)));
      reshaped = true;
      break;
    case SQLITE_DROP_TABLE:
    case SQLITE_DROP_VTABLE:
      touched.insert(to_lower(text_of(first)));
      reshaped = true;
      break;
    case SQLITE_PRAGMA:
      note_pragma(text_of(first), second);
      break;
    case SQLITE_ATTACH:
    case SQLITE_DETACH:
    case SQLITE_CREATE_TEMP_INDEX:
    case SQLITE_CREATE_TEMP_TABLE:
    case SQLITE_CREATE_TEMP_TRIGGER:
    case SQLITE_CREATE_TEMP_VIEW:
      leaked = true;
      break;
    case SQLITE_TRANSACTION:
      // VACUUM begins one of its own.
      if (where == Where::alone) break;
      refused = text_of(first);
      return SQLITE_DENY;
    default:
      break;
  }
  return SQLITE_OK;
}

}  // namespace tidegate::sqlite
