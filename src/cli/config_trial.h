#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/config_file.h"
#include "cli/options.h"
#include "tidegate/error.h"

namespace tidegate::cli {

/// Reads `text` as a config file, for the fuzzer and its test: true when it is understood or
/// refused the way it should be.
inline bool config_holds_up(std::string_view text) {
  try {
    Values values;
    offer_config(values, "tidegate.toml", text);
    options_of(std::move(values), "migrate");
  } catch (const Error& error) {
    return error.code == ErrorCode::usage && !error.message.empty();
  }
  return true;
}

/// The same for the words of a command line.
inline bool command_line_holds_up(const std::vector<std::string>& words) {
  try {
    CommandLine line = parse_command_line(words);
    options_of(std::move(line.values), line.command);
  } catch (const Error& error) {
    return error.code == ErrorCode::usage && error.message.find("tiger") == std::string::npos;
  }
  return true;
}

}  // namespace tidegate::cli
