#pragma once

#include <stop_token>
#include <string_view>

#include "cli/options.h"
#include "cli/signals.h"
#include "report/command_reporter.h"
#include "report/exit_code.h"
#include "tidegate/clock.h"

namespace tidegate::cli {

/// What a command works with.
struct Context {
  const Options& options;
  Output& out;  ///< for results that aren't events
  Output& err;
  CommandReporter& reporter;
  const Clock& clock;
  Signals& signals;
  Palette palette;  ///< of standard output
};

/// One command: a row of all_commands.cc.
struct Command {
  std::string_view name;
  std::string_view operand = {};  ///< its one word: `NAME`, `[COMMAND]`; empty: none
  std::string_view summary;       ///< one line for the list
  std::string_view description;
  enum class Becomes { no, yes };
  Becomes becomes = Becomes::no;  ///< whether `-- CMD…` may follow
  /// Throws: Error for what ended it.
  ExitCode (*run)(Context& context);
};

}  // namespace tidegate::cli
