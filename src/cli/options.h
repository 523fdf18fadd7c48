#pragma once

#include <string>
#include <vector>

#include "cli/command_line.h"
#include "cli/values.h"
#include "report/command_reporter.h"
#include "tidegate/database.h"
#include "tidegate/folder.h"

namespace tidegate::cli {

enum class Switch { off, on };
enum class ColorChoice { automatic, always, never };

/// Everything a command may be told, in the form it works with.
struct Options {
  std::string command;
  std::vector<std::string> operands;
  std::vector<std::string> become;  ///< the command after `--`

  std::vector<std::string> databases;  ///< URLs, passwords and all
  std::vector<std::string> schemas;
  DatabaseSettings database;  ///< all but URL and schema
  FolderSettings folder;
  Switch allow_empty = Switch::off;

  ReportFormat log_format = ReportFormat::text;
  Loudness loudness = Loudness::normal;
  SqlLog sql_log = SqlLog::off;
  ColorChoice color = ColorChoice::automatic;

  MigrateOptions migrate;
  WaitOptions wait;
  Switch dry_run = Switch::off;
  Switch check = Switch::off;
  Switch json = Switch::off;
  Switch no_down = Switch::off;
  Switch yes = Switch::off;
  Switch force = Switch::off;
  Switch done = Switch::off;
  Switch undone = Switch::off;
  Switch help = Switch::off;
  Switch man = Switch::off;

  Values values;  ///< where each came from
};

/// Understands what was given, the strongest source first: flags, environment, config file.
///
/// Reads: the config file. Throws: Error{usage} naming the flag, variable or key that is wrong.
Options make_options(CommandLine command_line, const char* const* environment);

/// What the values mean. Pure.
///
/// Throws: Error{usage}.
Options options_of(Values values, std::string_view command);

}  // namespace tidegate::cli
