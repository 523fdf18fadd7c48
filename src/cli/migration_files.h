#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "tidegate/migration.h"

namespace tidegate::cli {

/// What a person calls a migration, as file names have it: `CreateUsers`, `create users` and
/// `create-users` are all `create_users`. Whatever is no letter or digit parts words, so that no
/// path gets out of the folder. Empty where no letter or digit is left.
std::string snake_case(std::string_view words);

/// The version a migration made at `now` gets: the UTC time to the second, or one above `newest`
/// where that isn't below.
///
/// Throws: Error{usage} when nothing is above `newest`.
Version next_version(const Version& newest, std::chrono::system_clock::time_point now);

/// What a new migration's file says.
std::string up_text(std::string_view name);
std::string down_text(std::string_view name);

/// Writes a file that must not be there yet.
///
/// Throws: Error{usage} when it is, or can't be written.
void write_new_file(const std::string& path, std::string_view text);

}  // namespace tidegate::cli
