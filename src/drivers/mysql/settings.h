#pragma once

#include <map>
#include <string>
#include <vector>

#include "tidegate/session.h"

namespace tidegate::mysql {

/// What a session's settings were before a script, so that the script's can be undone.
///
/// The server's own way back, COM_RESET_CONNECTION, lets go of user-level locks, and with them of
/// ours: https://mariadb.com/kb/en/com_reset_connection/
class Settings {
 public:
  /// Shows all that is compared, one row a setting.
  static std::vector<Query> reads();

  Settings() = default;
  explicit Settings(const std::vector<ReadResult>& results);

  bool known() const { return !values_.empty(); }

  /// The statements that bring back what `now` shows to be different. One that the server refuses
  /// is about something that no session can set.
  std::vector<std::string> undo(const Settings& now) const;

 private:
  std::map<std::string, std::string> values_;
  std::string database_;
  std::string role_;
};

}  // namespace tidegate::mysql
