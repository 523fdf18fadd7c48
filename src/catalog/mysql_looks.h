#pragma once

#include <memory>
#include <string_view>

#include "tidegate/catalog.h"

namespace tidegate::mysql {

/// The look at a CREATE, ALTER, DROP or RENAME; null for any other form.
std::unique_ptr<StatementLook> look_at_definition(std::string_view statement);

}  // namespace tidegate::mysql
