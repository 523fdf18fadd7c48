#include "simulation/protocols.h"

#include <array>

#include "lock/file_lock.h"

namespace tidegate::simulation {

namespace {

bool holds_the_session_lock(Host&, const Backend& backend, const std::string&) {
  return backend.holds_advisory_lock();
}

bool holds_the_file_lock(Host&, const Backend& backend, const std::string& database) {
  const auto holder = FileLockView({database, "tidegate_migrations"}).holder({});
  return holder && holder->who == backend.client();
}

// The newest holder by the lease's own row: whoever raised the epoch last.
bool holds_the_newest_epoch(Host& host, const Backend& backend, const std::string&) {
  for (const auto& row : host.tables().committed("tidegate_lease")) {
    if (integer_of((*row)[0]) == 1) return text_of((*row)[2]) == backend.client();
  }
  return false;
}

using Locks = tidegate::Server::Locks;

constexpr std::array kProtocols{
    Protocol{"session", Engine::postgres, "postgres", holds_the_session_lock, true, false,
             Locks::everywhere},
    Protocol{"transaction", Engine::postgres, "postgres", holds_the_newest_epoch, true, true,
             Locks::everywhere},
    Protocol{"lease", Engine::postgres, "postgres", holds_the_newest_epoch, true, false,
             Locks::nowhere},
    Protocol{"file", Engine::sqlite, "sqlite", holds_the_file_lock, false, false,
             Locks::everywhere},
};

}  // namespace

std::span<const Protocol> all_protocols() { return kProtocols; }

}  // namespace tidegate::simulation
