#pragma once

#include <functional>
#include <string>

namespace tidegate {

/// A file that a walk came by.
struct WalkedFile {
  int directory = -1;  ///< the open directory it is in; only during the call
  std::string name;
  std::string path;  ///< from the walk's start, as a person would type it
};

/// Calls `visit` for each file in `folder` and in all folders below, sorted by name within a
/// folder. What begins with a dot is passed by: it is an editor's, a tool's, or the real copy behind
/// the links of a Kubernetes volume, whose links are followed.
///
/// Writes: nothing. Throws: Error{usage} when a folder is absent, unreadable, not a folder, or
/// leads back to itself.
void walk_files(const std::string& folder, const std::function<void(const WalkedFile&)>& visit);

}  // namespace tidegate
