#include <fmt/format.h>

#include "base/duration.h"
#include "base/hash.h"
#include "deploy/generators.h"
#include "deploy/templates.h"

namespace tidegate::deploy {
namespace {

// What a gate may take longer than the migration it waits for: images that are pulled, nodes that
// are made.
constexpr std::chrono::seconds kSlack = std::chrono::minutes(5);

std::string on(bool condition) { return condition ? "yes" : ""; }

/// The folders' COPY lines, and what leaves them to the build.
void add_folders(Names& names, const Settings& settings) {
  std::string copies;
  std::string kept;
  for (const std::string& folder : settings.folders) {
    copies += fmt::format("{}COPY {} ./{}", copies.empty() ? "" : "\n", folder, folder);
    kept += fmt::format("{}!{}", kept.empty() ? "" : "\n", folder);
  }
  names["copy_folders"] = copies;
  names["keep_folders"] = kept;
  const bool usual = settings.folders == std::vector<std::string>{"migrations"};
  // The list's form in the environment.
  names["folder_list"] = usual ? "" : fmt::format("{}", fmt::join(settings.folders, ","));
  names["first_folder"] = settings.folders.front();
  std::string in_image;
  for (const std::string& folder : settings.folders) {
    in_image += fmt::format("{}/gate/{}", in_image.empty() ? "" : ",", folder);
  }
  names["gate_folders"] = in_image;
}

void add_images(Names& names, const Settings& settings) {
  const ImageName image = parts_of(settings.image);
  const ImageName gate = parts_of(settings.gate_image);
  names["image"] = settings.image;
  names["image_repository"] = image.repository;
  names["image_tag"] = image.tag;
  names["gate_image"] = settings.gate_image;
  names["gate_repository"] = gate.repository;
  names["gate_tag"] = gate.tag;
  names["own_gate_tag"] = gate.tag == image.tag ? "" : gate.tag;
  names["build"] = label_of(gate.tag);
}

Names names_of(const Settings& settings) {
  Names names;
  add_images(names, settings);
  add_folders(names, settings);
  names["name"] = settings.name;
  names["secret"] = settings.secret;
  names["port"] = std::to_string(settings.port);
  names["next_port"] = std::to_string(settings.port + 1);
  names["replicas"] = std::to_string(settings.replica_count);
  names["user_id"] = std::to_string(settings.user_id);
  names["health_path"] = settings.health_path;
  names["ready_path"] = settings.ready_path;
  names["deadline"] = typed_duration(settings.deadline);
  names["deadline_s"] = std::to_string(settings.deadline.count());
  names["progress_s"] = std::to_string((settings.deadline + kSlack).count());
  names["helm_timeout"] = typed_duration(settings.deadline + kSlack);
  names["config"] = settings.config_file;
  names["config_note"] = settings.config_file.empty() ? "" : " and " + settings.config_file;
  names["job"] = on(settings.pattern == Pattern::job);
  names["phases"] = on(settings.phases == Phases::around);
  names["phoenix"] = on(settings.application == Application::phoenix);
  names["version"] = TIDEGATE_VERSION;
  // An OTP release is named with underscores.
  names["release"] = settings.name;
  for (char& c : names["release"]) c = c == '-' ? '_' : c;
  return names;
}

// The last line of every file: a text that git, editors and YAML take for a comment.
constexpr std::string_view kSeal = "# Made by tidegate generate; untouched while this fits: ";
constexpr std::size_t kSealDigits = 16;

}  // namespace

std::string sealed(std::string text) {
  const std::string digits = sha256_hex(text).substr(0, kSealDigits);
  return fmt::format("{}{}{}\n", text, kSeal, digits);
}

bool is_untouched(std::string_view content) {
  const std::size_t begin = content.rfind(kSeal);
  if (begin == std::string_view::npos) return false;
  return sealed(std::string(content.substr(0, begin))) == content;
}

std::vector<GeneratedFile> generate(const Generator& generator, const Settings& settings) {
  const Names names = names_of(settings);
  std::vector<GeneratedFile> files;
  for (const FileRow& row : generator.files) {
    if (!row.when.empty() && names.find(row.when)->second.empty()) continue;
    files.push_back({fill_in_line(row.path, names), sealed(fill_in(row.source, names)), row.mode});
  }
  return files;
}

}  // namespace tidegate::deploy
