#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tidegate {

/// A session's name as the server's list of sessions shows it to anybody: who migrates, which
/// migration of how many, which statement of how many. PostgreSQL keeps 63 bytes of it.
///
///     tidegate orders-7f9c:12 3/10 20261122120000 2/5

/// Which statement of a script runs; a count of 0 or 1 isn't worth telling.
struct StatementOfMany {
  std::size_t number = 0;  ///< counts from 1
  std::size_t count = 0;
};

/// The name of a migrator that calls itself `who`, such as `orders-7f9c:12`.
std::string application_name(std::string_view who);

/// The same while a migration runs. `label` is `3/10 20261122120000`. Where 63 bytes are not
/// enough, the beginning of `who` goes first: replicas differ at the end of their names.
std::string application_name_with(std::string_view name, std::string_view label,
                                  StatementOfMany statement);

/// What a name tells.
struct NameTold {
  bool ours = false;     ///< the name is one of a migrator's
  std::string who;       ///< empty where the name doesn't say
  std::string progress;  ///< `3/10 20261122120000, statement 2/5`; empty between migrations
};

NameTold read_application_name(std::string_view name);

}  // namespace tidegate
