#pragma once

#include <string>
#include <string_view>

namespace tidegate::cli {

/// Whether `text` may hold a password: it has the form of a URL with a user, or names a password.
bool may_hold_secret(std::string_view text);

/// `text` for a message: as it is, or `…` in place of all that may hold a secret.
std::string masked(std::string_view text);

/// Overwrites what may hold a password in the program's own arguments, up to `--`, so that `ps`
/// doesn't show it. Copies of what they said must have been made before.
void wipe_secrets(int argument_count, char** arguments);

}  // namespace tidegate::cli
