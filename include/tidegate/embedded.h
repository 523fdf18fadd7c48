#pragma once

#include <span>
#include <string_view>

#include "tidegate/folder.h"

namespace tidegate {

/// One file of a folder that is a part of the program.
struct EmbeddedFile {
  std::string_view path;  ///< as it was at build time, for messages
  std::string_view text;
};

/// A folder that is a part of the program: what `tidegate_embed_migrations` of the CMake package
/// makes. All of it is static data.
struct EmbeddedFolder {
  std::string_view name;    ///< for messages
  std::string_view format;  ///< a name of the formats table
  std::span<const EmbeddedFile> files;
};

/// Reads such a folder as `load_folder` reads one on disk. It was checked at build time, so there
/// are no errors among the findings.
///
/// Writes and reads: nothing outside the program.
LoadedFolder load_embedded(const EmbeddedFolder& folder);

}  // namespace tidegate
