#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "base/walk.h"
#include "tidegate/folder.h"

namespace tidegate {

enum class Runnable { yes, no };

/// One way in which a tool keeps its migrations in folders: a row of the formats' table.
struct Format {
  std::string_view name;         ///< for --format
  std::string_view description;  ///< one line for `tidegate formats`
  Runnable runnable;             ///< no: the files are code; status and wait only

  /// Whether some of the files are migrations of this format, by their names.
  bool (*recognises)(std::span<const WalkedFile> files);

  /// Reads the files into `loaded`. What is wrong with one of them is a finding.
  void (*load)(std::span<const WalkedFile> files, LoadedFolder& loaded);
};

/// Every format, the native one first.
std::span<const Format> all_formats();

/// Plain SQL: `VERSION_name.sql`, its undo in `VERSION_name.down.sql`.
extern const Format kNativeFormat;
/// Ecto's Elixir files: `VERSION_name.exs`.
extern const Format kEctoFormat;

}  // namespace tidegate
