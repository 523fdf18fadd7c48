#include <fmt/format.h>

#include "cli/all_commands.h"
#include "formats/format.h"

namespace tidegate::cli {
namespace {

ExitCode run_formats(Context& context) {
  std::string text;
  for (const Format& format : all_formats()) {
    text += fmt::format("{:<10} {}\n", format.name, format.description);
  }
  context.out.write(text);
  return ExitCode::done;
}

}  // namespace

const Command kFormatsCommand = {
    .name = "formats",
    .summary = "list the formats of folders that can be read",
    .description =
        "Lists the formats of migration folders. A folder's format is found by its files; --format "
        "says which one is meant where that isn't clear.",
    .run = run_formats,
};

}  // namespace tidegate::cli
