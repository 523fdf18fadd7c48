#pragma once

#include <string>
#include <vector>

#include "cli/options.h"
#include "deploy/generators.h"

namespace tidegate::cli {

/// What became of one file.
struct WrittenFile {
  std::string path;
  enum class Fate { made, replaced, unchanged };
  Fate fate = Fate::made;
};

/// Writes all of `files` below `folder`, or none. Files that are there already, and that somebody
/// has edited or made, are replaced only with `force`.
///
/// Writes: each file whole, in the place of the old one. Throws: Error{usage} naming every file
/// that would have been lost, or the one that can't be written; then nothing has changed.
std::vector<WrittenFile> write_generated(const std::vector<deploy::GeneratedFile>& files,
                                         const std::string& folder, Switch force);

}  // namespace tidegate::cli
