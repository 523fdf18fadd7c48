#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cli/setting.h"

namespace tidegate::cli {

/// Where a value came from; a later one beats an earlier one.
enum class Source { config_file, environment, flag };

/// What was given for one setting, as text.
struct Given {
  Source source = Source::flag;
  std::string where;  ///< for messages: `--step`, `TIDEGATE_STEP`, `tidegate.toml:3:1: step`
  std::vector<std::string> values;  ///< one, or several for a list; `true` or `false` for on_off
};

/// What was given for every setting, the strongest source's word for each.
class Values {
 public:
  /// Keeps `given` unless a stronger source has spoken.
  void offer(const Setting& setting, Given given);

  /// What was given for that setting, or null.
  const Given* find(std::string_view name) const;

  /// Settles each group of which only one can be in force: what a stronger source says takes what
  /// a weaker one says for the others out of force. Looks only at settings of `command`.
  ///
  /// Throws: Error{usage} when one source says two of them, naming both.
  void settle_exclusive_groups(std::string_view command);

 private:
  std::map<std::string, Given, std::less<>> given_;
};

/// Whether an on_off setting's text means on.
///
/// Throws: Error{usage} for text that means neither.
bool means_on(const Given& given);

}  // namespace tidegate::cli
