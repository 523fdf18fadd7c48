#pragma once

#include <string_view>

#include "tidegate/migration.h"

namespace tidegate::mysql {

/// Whether a statement would end the transaction that its record belongs to. Such a script is found
/// before a run; this is for one that wasn't.
bool ends_transaction(std::string_view sql);

/// Whether a statement sets something that its script's later statements may rely on.
bool sets_something(std::string_view sql);

/// Whether a statement can't change a setting of the session by itself.
bool leaves_settings_alone(std::string_view sql);
bool leaves_settings_alone(const Script& script);

}  // namespace tidegate::mysql
