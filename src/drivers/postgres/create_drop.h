#pragma once

#include "tidegate/driver.h"

namespace tidegate::postgres {

/// Makes the database that `url` names, over a connection to the maintenance database `postgres`,
/// or `template1` where there is none. Another replica that makes it at the same moment is fine.
///
/// Throws: Error{no_permission, unreachable, …}.
Driver::Existed create_database(const DatabaseUrl& url, const ConnectOptions& options);

/// Drops it, if it is there.
///
/// Throws: Error{blocked} when other sessions are in it and `force` is no.
Driver::Existed drop_database(const DatabaseUrl& url, const ConnectOptions& options,
                              Driver::Force force);

}  // namespace tidegate::postgres
