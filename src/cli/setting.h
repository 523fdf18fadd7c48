#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tidegate::cli {

/// What a setting's value is.
enum class ValueKind {
  text,
  list,      ///< may be given several times
  duration,  ///< `5s`
  count,     ///< a whole number from 1
  version,   ///< of a migration
  choice,    ///< one of `choices`
  on_off,    ///< a flag without a value
};

/// Where a value may come from, the flag aside.
enum class Origins {
  flag_only,             ///< destroys or answers: nobody should find it set by accident
  flag_and_environment,  ///< for one run
  all,                   ///< the config file too
  /// The config file's table [generate]. Not the environment: in a cluster, a service named
  /// `tidegate` puts TIDEGATE_PORT there.
  flag_and_generate_table,
};

/// One thing that can be set: the flag `--name`, the variable TIDEGATE_NAME, the key `name`.
struct Setting {
  std::string_view name;
  char letter = 0;  ///< `-d`; 0: none
  ValueKind kind = ValueKind::text;
  std::string_view value_name = {};  ///< in help: `URL`
  std::string_view help;             ///< one line
  Origins origins = Origins::all;
  std::string_view commands = {};  ///< whose flag it is, between spaces; empty: every command's
  std::span<const std::string_view> choices = {};
  enum class Shown { yes, no };
  Shown shown = Shown::yes;

  bool belongs_to(std::string_view command) const;
  bool is_global() const { return commands.empty(); }
  bool may_stand_in_environment() const {
    return origins == Origins::flag_and_environment || origins == Origins::all;
  }
};

/// Every setting there is: what the command line, the environment, the config file, the help, the
/// man page and the shell completions are made from.
std::span<const Setting> all_settings();

/// The setting of that name, or null.
const Setting* find_setting(std::string_view name);

/// `TIDEGATE_LOCK_TIMEOUT` for `lock-timeout`.
std::string environment_name(const Setting& setting);

/// Settings of which only one can be in force. Where they come from different places, the stronger
/// place wins; from one place they contradict each other.
std::span<const std::span<const std::string_view>> exclusive_groups();

}  // namespace tidegate::cli
