#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "tidegate/clock.h"
#include "tidegate/driver.h"
#include "tidegate/reporter.h"

namespace tidegate {

/// How long to try for a session.
struct Patience {
  std::chrono::milliseconds absent;   ///< with a server that doesn't answer
  std::chrono::milliseconds refused;  ///< with one that answers that it is full or starting
};

/// Opens a session, trying again while the server isn't there, is starting or is full. Every failed
/// try is reported.
///
/// Throws: Error of the last try.
std::unique_ptr<Session> open_with_patience(const Driver& driver, const DatabaseUrl& url,
                                            ConnectOptions options, const Patience& patience,
                                            Reporter& reporter, const Clock& clock,
                                            const std::string& target);

}  // namespace tidegate
