#include "simulation/protocols.h"

#include <array>

#include "lock/file_lock.h"

namespace tidegate::simulation {

namespace {

bool holds_the_session_lock(Server&, const Backend& backend, const std::string&) {
  return backend.holds_advisory_lock();
}

bool holds_the_file_lock(Server&, const Backend& backend, const std::string& database) {
  const auto holder = FileLockView({database, "tidegate_migrations"}).holder({});
  return holder && holder->who == backend.client();
}

constexpr std::array kProtocols{
    Protocol{"session", Engine::postgres, "postgres", holds_the_session_lock, true},
    Protocol{"file", Engine::sqlite, "sqlite", holds_the_file_lock, false},
};

}  // namespace

std::span<const Protocol> all_protocols() { return kProtocols; }

}  // namespace tidegate::simulation
