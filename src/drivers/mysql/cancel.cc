#include "drivers/mysql/cancel.h"

#include <fmt/format.h>

#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "drivers/mysql/open.h"

namespace tidegate::mysql {
namespace {

/// Long enough for any server that is there.
constexpr unsigned kLimitSeconds = 5;

/// Whether a connection came to the server that is meant.
bool is_on(MYSQL* handle, std::string_view server) {
  if (mysql_query(handle, fmt::format("SELECT {}", kThisServer).c_str()) != 0) return false;
  MYSQL_RES* const result = mysql_store_result(handle);
  if (result == nullptr) return false;
  char** const row = mysql_fetch_row(result);
  const bool same = row != nullptr && row[0] != nullptr && server == row[0];
  mysql_free_result(result);
  return same;
}

void kill_query(const ConnectionSettings& settings, unsigned long session,
                std::string_view server) {
  const OpenHandle handle = new_handle(settings, settings.hosts.front(), "tidegate cancel");
  if (!handle) return;
  mysql_options(handle.get(), MYSQL_OPT_CONNECT_TIMEOUT, &kLimitSeconds);
  mysql_options(handle.get(), MYSQL_OPT_READ_TIMEOUT, &kLimitSeconds);
  const ConnectArguments to = arguments_of(settings, settings.hosts.front());
  // Without a database: the right to be in it isn't needed for this.
  if (mysql_real_connect(handle.get(), to.host, to.user, to.password, nullptr, to.port, to.socket,
                         0) == nullptr) {
    return;
  }
  if (!is_on(handle.get(), server)) return;
  // Whether it worked shows in what the server answers to the statement itself.
  mysql_query(handle.get(), fmt::format("KILL QUERY {}", session).c_str());
}

}  // namespace

Canceller::Canceller(ConnectionSettings settings, const Host& host, unsigned long session)
    : session_(session) {
  settings.hosts = {host};
  settings_ = std::make_shared<const ConnectionSettings>(std::move(settings));
}

void Canceller::only_on(std::string server) { server_ = std::move(server); }

void Canceller::request() {
  if (server_.empty() || !idle()) return;
  const auto busy = std::make_shared<std::atomic<bool>>(true);
  try {
    // Detached: it may outlive the connection and this object, and owns all that it uses.
    std::thread([settings = settings_, session = session_, server = server_, busy] {
      kill_query(*settings, session, server);
      busy->store(false);
    }).detach();
    busy_ = busy;
  } catch (const std::system_error&) {
    // No thread to be had. The caller asks again until its grace is over.
  }
}

}  // namespace tidegate::mysql
