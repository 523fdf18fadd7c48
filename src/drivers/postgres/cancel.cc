#include "drivers/postgres/cancel.h"

#include <array>
#include <system_error>
#include <thread>

namespace tidegate::postgres {

void Canceller::request(PGconn* connection) {
  if (!idle()) return;
  const std::shared_ptr<PGcancel> cancel(PQgetCancel(connection), &PQfreeCancel);
  if (!cancel) return;
  const auto busy = std::make_shared<std::atomic<bool>>(true);
  try {
    // Detached: it may outlive the connection and this object, and owns all that it uses.
    std::thread([cancel, busy] {
      std::array<char, 256> reason{};
      // Whether it worked shows in what the server answers to the statement itself.
      PQcancel(cancel.get(), reason.data(), static_cast<int>(reason.size()));
      busy->store(false);
    }).detach();
    busy_ = busy;
  } catch (const std::system_error&) {
    // No thread to be had. The caller asks again until its grace is over.
  }
}

}  // namespace tidegate::postgres
