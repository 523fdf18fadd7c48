#include "cli/program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstring>

#include "base/system_clock.h"
#include "cli/all_commands.h"
#include "cli/become.h"
#include "cli/environment.h"
#include "cli/help_text.h"
#include "cli/secrets.h"
#include "cli/signals.h"
#include "cli/startup.h"
#include "cli/targets.h"
#include "report/error_text.h"

namespace tidegate::cli {
namespace {

struct Streams {
  FileOutput out{STDOUT_FILENO};
  FileOutput err{STDERR_FILENO};
};

Color chosen_color(const Options& options, int descriptor) {
  if (options.color == ColorChoice::always) return Color::on;
  return options.color == ColorChoice::never ? Color::off : color_for_terminal(descriptor);
}

ReporterSettings reporter_settings(const Options& options) {
  ReporterSettings settings;
  settings.format = options.log_format;
  settings.loudness = options.loudness;
  settings.text.result_color = chosen_color(options, STDOUT_FILENO);
  settings.text.color = chosen_color(options, STDERR_FILENO);
  settings.text.sql_log = options.sql_log;
  settings.text.target_names = target_count(options) > 1 ? TargetNames::shown : TargetNames::hidden;
  // A log of statements and a line that is written over don't go together.
  if (options.loudness == Loudness::normal && options.sql_log == SqlLog::off) {
    settings.live = live_on(STDERR_FILENO);
  }
  return settings;
}

void warn_of_misspelt_variables(Reporter& reporter, const char* const* environment) {
  for (const Misspelt& one : misspelt_variables(environment)) {
    reporter.report({{},
                     Found{{.severity = Severity::warning,
                            .rule = "misspelt_variable",
                            .place = {},
                            .message = fmt::format("the variable {} is not read", one.written),
                            .recipe = fmt::format("did you mean {}?", one.meant)}}});
  }
}

/// Commands whose result is what they print have failed when it couldn't be printed. What
/// `migrate` and `wait` came to holds whether or not somebody reads it.
ExitCode after_output(ExitCode code, const Command& command, Streams& streams) {
  const int failure = streams.out.failure();
  if (failure == 0) return code;
  streams.err.write(
      fmt::format("error: can't write to standard output: {}\n", std::strerror(failure)));
  const bool acts = command.becomes == Command::Becomes::yes || command.name == "rollback";
  return acts || code != ExitCode::done ? code : ExitCode::failed;
}

/// Runs the command and tells what ended it.
ExitCode run(const Command& command, const Options& options, Streams& streams, Signals& signals,
             const char* const* environment) {
  const SystemClock clock;
  const ReporterSettings settings = reporter_settings(options);
  const auto reporter = make_reporter(settings, streams.out, streams.err, clock);
  Context context{options,
                  streams.out,
                  streams.err,
                  *reporter,
                  clock,
                  signals,
                  Palette(settings.text.result_color)};
  try {
    warn_of_misspelt_variables(*reporter, environment);
    return command.run(context);
  } catch (const Error& error) {
    return tell_end(context, *reporter, error);
  } catch (const std::exception& exception) {
    return tell_end(context, *reporter, Error(ErrorCode::internal, exception.what()));
  }
}

ExitCode run_options(const Options& options, Streams& streams, const char* const* environment) {
  const Command* command = find_command(options.command);
  if (options.help == Switch::on) {
    streams.out.write(command == nullptr ? general_help() : command_help(*command));
    return after_output(ExitCode::done, kHelpCommand, streams);
  }
  if (command == nullptr) {
    streams.err.write(short_usage());
    return ExitCode::usage;
  }
  Signals signals;
  const ExitCode code =
      after_output(run(*command, options, streams, signals, environment), *command, streams);
  if (code != ExitCode::done || options.become.empty()) return code;
  if (signals.caught() != 0) return ended_by_signal(signals.caught());
  signals.restore();
  return become(options.become, streams.err);
}

}  // namespace

int run_program(int argument_count, char** arguments, const char* const* environment) {
  occupy_standard_streams();
  Streams streams;
  const std::vector<std::string> words(arguments + (argument_count > 0 ? 1 : 0),
                                       arguments + argument_count);
  wipe_secrets(argument_count, arguments);
  try {
    const Options options = make_options(parse_command_line(words), environment);
    return static_cast<int>(run_options(options, streams, environment));
  } catch (const Error& error) {
    streams.err.write(error_text(error, std::nullopt, Palette(color_for_terminal(STDERR_FILENO))));
    return static_cast<int>(exit_code_of(error.code));
  } catch (const std::exception& exception) {
    streams.err.write(fmt::format("error: {}\n", exception.what()));
    return static_cast<int>(ExitCode::failed);
  }
}

}  // namespace tidegate::cli
