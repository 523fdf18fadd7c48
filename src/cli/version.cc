#include <fmt/format.h>

#include <string>
#include <vector>

#include "cli/all_commands.h"

namespace tidegate::cli {
namespace {

// A version is what the build says; drivers are what it was built with.
constexpr std::string_view kVersion = TIDEGATE_VERSION;

ExitCode run_version(Context& context) {
  const Options& options = context.options;
  if (options.json == Switch::on || options.log_format == ReportFormat::json) {
    context.out.write(fmt::format("{{\"version\": \"{}\"}}\n", kVersion));
  } else {
    context.out.write(fmt::format("tidegate {}\n", kVersion));
  }
  return ExitCode::done;
}

}  // namespace

const Command kVersionCommand = {
    .name = "version",
    .summary = "print the version",
    .description = "Prints the version of this program.",
    .run = run_version,
};

}  // namespace tidegate::cli
