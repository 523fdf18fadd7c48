#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/ascii.h"
#include "formats/format.h"
#include "model/validation.h"

namespace tidegate {
namespace {

/// A name cut the way Ecto.Migrator cuts it: an integer, an underscore, the rest.
struct EctoName {
  std::string_view sign;
  std::string_view digits;
  std::string_view name;
};

std::optional<EctoName> parse_name(std::string_view file_name, std::string_view suffix) {
  if (!file_name.ends_with(suffix)) return std::nullopt;
  file_name.remove_suffix(suffix.size());
  EctoName name;
  if (file_name.starts_with('-') || file_name.starts_with('+')) {
    name.sign = file_name.substr(0, 1);
    file_name.remove_prefix(1);
  }
  std::size_t size = 0;
  while (size < file_name.size() && is_digit(file_name[size])) ++size;
  name.digits = file_name.substr(0, size);
  name.name = file_name.substr(size);
  if (size == 0 || !name.name.starts_with('_')) return std::nullopt;
  name.name.remove_prefix(1);
  return name;
}

bool recognises(std::span<const WalkedFile> files) {
  return std::any_of(files.begin(), files.end(), [](const WalkedFile& file) {
    return parse_name(file.name, ".exs").has_value();
  });
}

void add(const WalkedFile& file, const EctoName& name, LoadedFolder& loaded) {
  const auto version = name.sign == "-" ? std::nullopt : Version::parse_integer(name.digits);
  if (!version) {
    loaded.findings.push_back(
        {Severity::error,
         "version_out_of_range",
         {file.path},
         fmt::format("version {}{} of {} is not between 0 and 9223372036854775807", name.sign,
                     name.digits, file.name),
         "give it another number, such as a UTC time: YYYYMMDDhhmmss"});
    return;
  }
  Migration migration;
  migration.version = *version;
  migration.name = name.name;
  migration.up.file = file.path;
  loaded.set.migrations.push_back(std::move(migration));
}

void load(std::span<const WalkedFile> files, LoadedFolder& loaded) {
  for (const WalkedFile& file : files) {
    if (const auto name = parse_name(file.name, ".exs")) {
      add(file, *name, loaded);
    } else if (parse_name(file.name, ".ex")) {
      loaded.findings.push_back(
          {Severity::warning,
           "ecto_ex_file",
           {file.path},
           fmt::format("{} looks like a migration but ends in .ex, which Ecto never runs",
                       file.name),
           "rename it to end in .exs"});
    }
  }
  for (Finding& finding : order_and_validate(loaded.set.migrations)) {
    // Ecto refuses a name that is used twice only while both are pending. Once they are applied the
    // application works, and a gate must not hold it back.
    if (finding.rule == "duplicate_name") finding.severity = Severity::warning;
    loaded.findings.push_back(std::move(finding));
  }
}

}  // namespace

const Format kEctoFormat = {"ecto", "Ecto's Elixir files: VERSION_name.exs (status and wait only)",
                            Runnable::no, recognises, load};

}  // namespace tidegate
