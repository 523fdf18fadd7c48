#pragma once

#include <array>
#include <string>
#include <string_view>

#include "tidegate/driver.h"

namespace tidegate::sqlite {

/// What SQLite puts beside a database, by the end of the name.
inline constexpr std::array<std::string_view, 3> kCompanions = {"-wal", "-shm", "-journal"};

/// How the names of the migrators' lock files go on after the database's. The lock is made in
/// src/lock; this room only has to know its files: to be woken by them, and to remove them.
inline constexpr std::string_view kLockSuffix = "-tidegate";

/// The path of a database that is there, absolute and without symbolic links: SQLite keeps its
/// journals beside the file that a link leads to, and so does the lock.
///
/// Throws: Error{no_database, not_a_database, access_denied}.
std::string existing_file(const DatabaseUrl& url);

/// Makes an empty database.
Driver::Existed create_file(const DatabaseUrl& url);

/// Removes a database with all that belongs to it.
///
/// Throws: Error{blocked} while a migrator holds a lock, Error{lock_timeout} while another program
/// uses the database and `force` is no, Error{not_a_database} for a file that is something else.
Driver::Existed drop_file(const DatabaseUrl& url, const ConnectOptions& options,
                          Driver::Force force);

}  // namespace tidegate::sqlite
