#include "tidegate/folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "formats/format.h"
#include "tidegate/embedded.h"
#include "tidegate/error.h"

namespace tidegate {
namespace {

const Format& format_named(const std::string& name) {
  std::string known;
  for (const Format& format : all_formats()) {
    if (format.name == name) return format;
    known += fmt::format("{}{}", known.empty() ? "" : ", ", format.name);
  }
  throw Error(ErrorCode::usage, fmt::format("there is no format named {}", name),
              fmt::format("use one of: {}", known));
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
  return all;
}

/// The format whose files are there. Where there are none, the native format says what is wrong
/// with the names, or that the folder is empty.
const Format& format_found(std::span<const WalkedFile> files,
                           const std::vector<std::string>& folders) {
  const Format* found = nullptr;
  for (const Format& format : all_formats()) {
    if (!format.recognises(files)) continue;
    if (found != nullptr) {
      throw Error(ErrorCode::usage,
                  fmt::format("{} holds migrations of two formats, {} and {}", joined(folders),
                              found->name, format.name),
                  fmt::format("say which one is meant with --format {} or --format {}", found->name,
                              format.name));
    }
    found = &format;
  }
  return found != nullptr ? *found : kNativeFormat;
}

LoadedFolder load(std::span<const WalkedFile> files, const FolderSettings& settings) {
  const Format& format = settings.format.empty() ? format_found(files, settings.folders)
                                                 : format_named(settings.format);
  LoadedFolder loaded;
  loaded.set.format = format.name;
  loaded.set.folders = settings.folders;
  format.load(files, loaded);
  std::stable_sort(loaded.findings.begin(), loaded.findings.end(),
                   [](const Finding& left, const Finding& right) {
                     return std::tie(left.place.file, left.place.line, left.place.column) <
                            std::tie(right.place.file, right.place.line, right.place.column);
                   });
  return loaded;
}

}  // namespace

bool LoadedFolder::usable() const {
  return std::none_of(findings.begin(), findings.end(),
                      [](const Finding& finding) { return finding.severity == Severity::error; });
}

LoadedFolder load_folder(const FolderSettings& settings) {
  if (settings.folders.empty()) {
    throw Error(ErrorCode::usage, "no folder of migrations was named", "name one with --dir");
  }
  // A format that isn't there is wrong before any folder is.
  if (!settings.format.empty()) format_named(settings.format);
  std::vector<WalkedFile> files;
  for (const std::string& folder : settings.folders) {
    std::vector<WalkedFile> more = files_below(folder);
    std::move(more.begin(), more.end(), std::back_inserter(files));
  }
  return load(files, settings);
}

LoadedFolder load_embedded(const EmbeddedFolder& folder) {
  std::vector<WalkedFile> files;
  for (const EmbeddedFile& file : folder.files) {
    const std::size_t slash = file.path.rfind('/');
    const std::size_t start = slash == std::string_view::npos ? 0 : slash + 1;
    files.push_back({std::string(file.path.substr(start)), std::string(file.path), file.text});
  }
  return load(files, {.folders = {std::string(folder.name)}, .format = std::string(folder.format)});
}

}  // namespace tidegate
