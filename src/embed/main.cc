// tidegate-embed: makes a folder of migrations a part of a program, at build time.
//
// Findings are printed as compilers print theirs, so that editors find the place.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "embed/generate.h"
#include "tidegate/error.h"
#include "tidegate/folder.h"

namespace {

using tidegate::Finding;
using tidegate::Severity;

struct Options {
  std::string name;
  std::string output;  ///< a folder
  std::vector<std::string> engines;
  tidegate::FolderSettings folder;
};

/// Whether nothing stands in the way.
bool tell(const std::vector<Finding>& findings) {
  bool fine = true;
  for (const Finding& finding : findings) {
    const bool is_error = finding.severity == Severity::error;
    fmt::print(stderr, "{}: {}: {} ({})\n", to_string(finding.place),
               is_error ? "error" : "warning", finding.message, finding.recipe);
    if (is_error) fine = false;
  }
  return fine;
}

/// Leaves a file that is right already as old as it is: what includes it needn't be built again.
void write(const std::string& path, const std::string& text) {
  std::ifstream old(path, std::ios::binary);
  std::ostringstream there;
  if (old) there << old.rdbuf();
  if (old && there.str() == text) return;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (file) return;
  throw tidegate::Error(tidegate::ErrorCode::usage, fmt::format("{} can't be written", path));
}

int embed(const Options& options) {
  const tidegate::LoadedFolder loaded = load_folder(options.folder);
  bool fine = tell(loaded.findings);
  if (loaded.set.migrations.empty()) {
    fmt::print(stderr, "{}: error: there are no migrations\n",
               fmt::join(options.folder.folders, ", "));
    return 1;
  }
  for (const std::string& engine : options.engines) {
    tidegate::MigrationSet split = loaded.set;
    if (!tell(check_scripts(split, engine))) fine = false;
  }
  if (!fine) return 1;
  const auto generated = tidegate::embed::generate(loaded.set, options.name);
  write(fmt::format("{}/{}.h", options.output, options.name), generated.header);
  write(fmt::format("{}/{}.cc", options.output, options.name), generated.source);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Makes a folder of migrations a part of a program.", "tidegate-embed");
  app.add_option("--name", options.name, "the C++ function that gives the folder")->required();
  app.add_option("--output", options.output, "the folder for NAME.h and NAME.cc")->required();
  app.add_option("--engine", options.engines, "check the statements for this engine")->required();
  app.add_option("--format", options.folder.format, "the folder's format; default: by content");
  app.add_option("DIR", options.folder.folders, "folders of migrations")->required();
  CLI11_PARSE(app, argc, argv);
  try {
    return embed(options);
  } catch (const tidegate::Error& error) {
    fmt::print(stderr, "tidegate-embed: error: {}\n", error.message);
    if (!error.hint.empty()) fmt::print(stderr, "  {}\n", error.hint);
    return 1;
  }
}
