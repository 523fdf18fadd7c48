#pragma once

#include "tidegate/driver.h"

namespace tidegate {

/// SQLite 3 files, through the system's library.
///
/// URLs: `sqlite:PATH`, where PATH may be relative, `sqlite://PATH` the same, so that
/// `sqlite:///var/lib/app.db` is absolute. Percent escapes are decoded. `?mode=ro` makes a
/// session refuse to write.
const Driver& sqlite_driver();

}  // namespace tidegate
