#pragma once

#include <string>
#include <string_view>

#include "cli/values.h"

namespace tidegate::cli {

/// The config file that is read when none is named, if it is in the working directory. Folders
/// above aren't searched: what a program does mustn't depend on where a parent keeps its files.
inline constexpr std::string_view kUsualConfigFile = "tidegate.toml";

/// The config file that is read: the one that `config` among the values names, or the usual one,
/// or nothing where that isn't there.
std::string config_file_of(const Values& values);

/// Offers what the config file says: the one that `config` among the values names, or the usual
/// one, or nothing where that isn't there.
///
/// Throws: Error{usage} for a file that can't be read, and all that `offer_config` throws.
void offer_config_file(Values& values);

/// Offers what the text of a config file says.
///
/// Throws: Error{usage} with the place of what isn't TOML, no key of ours, or of a wrong type.
void offer_config(Values& values, const std::string& path, std::string_view text);

}  // namespace tidegate::cli
