#include "model/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <tuple>

namespace tidegate {
namespace {

using Group = std::vector<const Migration*>;

std::string count_of_files(std::size_t count) {
  return count == 2 ? std::string("two") : std::to_string(count);
}

std::string paths_of(const Group& group) {
  std::string paths;
  for (const Migration* migration : group) {
    if (!paths.empty()) paths += ", ";
    paths += migration->up.file;
  }
  return paths;
}

/// The texts follow Ecto's `migrations can't be executed, migration version 13 is duplicated`, and
/// name the files as well.
Finding duplicate(std::string_view rule, std::string_view what, std::string_view value,
                  std::string_view recipe, const Group& group) {
  return {Severity::error,
          std::string(rule),
          {group.back()->up.file},
          fmt::format("migrations can't run: {} {} is used by {} files: {}", what, value,
                      count_of_files(group.size()), paths_of(group)),
          std::string(recipe)};
}

/// Calls `report` with each run of two or more neighbours that are the same.
template <typename Same, typename Report>
void each_repeated(const Group& sorted, Same same, Report report) {
  for (std::size_t first = 0; first < sorted.size();) {
    std::size_t end = first + 1;
    while (end < sorted.size() && same(*sorted[first], *sorted[end])) ++end;
    if (end - first > 1)
      report(Group(sorted.begin() + static_cast<std::ptrdiff_t>(first),
                   sorted.begin() + static_cast<std::ptrdiff_t>(end)));
    first = end;
  }
}

void find_repeated_versions(const Group& sorted, std::vector<Finding>& findings) {
  each_repeated(
      sorted,
      [](const Migration& left, const Migration& right) { return left.version == right.version; },
      [&](const Group& group) {
        findings.push_back(duplicate("duplicate_version", "version", group.front()->version.text(),
                                     "give all but one of them a version of their own", group));
      });
}

void find_repeated_names(Group group_by_name, std::vector<Finding>& findings) {
  std::stable_sort(
      group_by_name.begin(), group_by_name.end(),
      [](const Migration* left, const Migration* right) { return left->name < right->name; });
  each_repeated(
      group_by_name,
      [](const Migration& left, const Migration& right) { return left.name == right.name; },
      [&](const Group& group) {
        findings.push_back(duplicate("duplicate_name", "name", group.front()->name,
                                     "give all but one of them a name of their own", group));
      });
}

void find_unreachable_floors(const Group& sorted, std::vector<Finding>& findings) {
  for (const Migration* migration : sorted) {
    const std::optional<Version>& floor = migration->up.directives.floor;
    if (!floor || *floor <= sorted.back()->version) continue;
    findings.push_back(
        {Severity::error,
         "floor_above_build",
         {migration->up.file},
         fmt::format("{} sets the floor to {}, which is above this build's newest migration {}: "
                     "this build could not run after its own migration",
                     migration->up.file, floor->text(), sorted.back()->version.text()),
         "name a version that this folder has"});
  }
}

}  // namespace

std::vector<Finding> order_and_validate(std::vector<Migration>& migrations) {
  const auto before = [](const Migration& left, const Migration& right) {
    return std::tie(left.version, left.up.file) < std::tie(right.version, right.up.file);
  };
  // One folder of timestamps is in order as it was read, and a migration is costly to move.
  if (!std::is_sorted(migrations.begin(), migrations.end(), before)) {
    std::stable_sort(migrations.begin(), migrations.end(), before);
  }
  Group sorted;
  sorted.reserve(migrations.size());
  for (const Migration& migration : migrations) sorted.push_back(&migration);

  std::vector<Finding> findings;
  find_repeated_versions(sorted, findings);
  find_repeated_names(sorted, findings);
  find_unreachable_floors(sorted, findings);

  migrations.erase(std::unique(migrations.begin(), migrations.end(),
                               [](const Migration& left, const Migration& right) {
                                 return left.version == right.version;
                               }),
                   migrations.end());
  return findings;
}

}  // namespace tidegate
