#pragma once

#include <span>
#include <string_view>

#include "tidegate/driver.h"

namespace tidegate {

/// The drivers this build has.
std::span<const Driver* const> all_drivers();

/// The driver that understands `url`, by its scheme or form.
///
/// Throws: Error{usage} that lists the known forms.
const Driver& driver_for(std::string_view url);

#ifdef TIDEGATE_WITH_POSTGRES
const Driver& postgres_driver();
#endif
#ifdef TIDEGATE_WITH_MYSQL
const Driver& mysql_driver();
#endif
#ifdef TIDEGATE_WITH_SQLITE
const Driver& sqlite_driver();
#endif

}  // namespace tidegate
