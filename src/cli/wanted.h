#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/options.h"
#include "cli/values.h"

namespace tidegate::cli {

/// Reads values by name; what wasn't given leaves its variable as it is.
///
/// Every member throws Error{usage} for a value that isn't what it reads.
class Wanted {
 public:
  explicit Wanted(const Values& values) : values_(values) {}

  void read(std::string_view name, std::string& text) const;
  void read(std::string_view name, std::vector<std::string>& list) const;
  void read(std::string_view name, Switch& value) const;
  void read(std::string_view name, std::optional<Version>& version) const;

  template <typename Duration>
  void read_duration(std::string_view name, Duration& duration) const {
    if (const auto given = this->duration(name)) duration = *given;
  }

  std::optional<std::uint32_t> count(std::string_view name) const;

  /// The place of the choice among the setting's, or nothing when none was made.
  std::optional<std::size_t> choice(std::string_view name) const;

 private:
  const Given* find(std::string_view name) const { return values_.find(name); }
  std::optional<std::chrono::milliseconds> duration(std::string_view name) const;

  const Values& values_;
};

}  // namespace tidegate::cli
