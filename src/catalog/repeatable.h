#pragma once

#include <memory>

#include "tidegate/catalog.h"

namespace tidegate {

/// The look at a statement that may be run again whatever became of it: VACUUM, a setting.
std::unique_ptr<StatementLook> make_repeatable_look();

}  // namespace tidegate
