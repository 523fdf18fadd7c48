#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "deploy/settings.h"

namespace tidegate::deploy {

/// A file to be written.
struct GeneratedFile {
  std::string path;  ///< below the project
  std::string content;
  enum class Mode { text, program };
  Mode mode = Mode::text;
};

/// A file of a generator: its template, and where it goes.
struct FileRow {
  std::string_view source;     ///< below src/deploy/templates
  std::string_view path;       ///< `@name@` in it is filled in
  std::string_view when = {};  ///< the name that must be on; empty: always
  GeneratedFile::Mode mode = GeneratedFile::Mode::text;
};

/// What `tidegate generate NAME` writes. A new one is a row of all_generators.cc.
struct Generator {
  std::string_view name;
  std::string_view summary;
  std::span<const FileRow> files;
};

std::span<const Generator> all_generators();

/// The generator of that name, or null.
const Generator* find_generator(std::string_view name);

/// Its files, filled in and sealed. Pure.
std::vector<GeneratedFile> generate(const Generator& generator, const Settings& settings);

/// `text` with a last line that tells whether anybody has edited it since.
std::string sealed(std::string text);

/// Whether `content` is what was sealed.
bool is_untouched(std::string_view content);

}  // namespace tidegate::deploy
