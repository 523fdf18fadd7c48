#pragma once

#include <map>
#include <string>
#include <string_view>

#include "tidegate/driver.h"

namespace tidegate::postgres {

/// A database URL taken apart: libpq's own keywords (`host`, `dbname`, …) with their values.
/// What is absent here, libpq fills in from PG* variables, service files and its defaults.
using ConnectionSettings = std::map<std::string, std::string>;

/// Whether `text` is in one of libpq's forms: `postgres://…`, `postgresql://…`, `host=… dbname=…`.
bool recognises(std::string_view text);

/// Takes a URL apart and checks what can be checked without a server.
///
/// Throws: Error{usage} naming the part that is wrong, never the password.
ConnectionSettings settings_of(std::string_view text);

/// The URL for people, with the defaults that will be used and without any password.
std::string shown(const ConnectionSettings& settings);

/// The database's name as libpq will choose it.
std::string database_of(const ConnectionSettings& settings);

DatabaseUrl parse(std::string_view text);

}  // namespace tidegate::postgres
