#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidegate {

/// A file that a walk came by.
struct WalkedFile {
  std::string name;
  std::string path;  ///< from the walk's start, as a person would type it
  /// What is in it, where it is a part of the program instead of the file system.
  std::optional<std::string_view> text = {};
};

/// All files in `folder` and in the folders below, sorted by name within a folder. What begins with
/// a dot is passed by: it is an editor's, a tool's, or the real copy behind the links of a
/// Kubernetes volume, whose links are followed.
///
/// Writes: nothing. Throws: Error{usage} when a folder is absent, unreadable, not a folder, or
/// leads back to itself.
std::vector<WalkedFile> files_below(const std::string& folder);

}  // namespace tidegate
