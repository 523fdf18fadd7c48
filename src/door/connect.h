#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "tidegate/clock.h"
#include "tidegate/driver.h"
#include "tidegate/reporter.h"

namespace tidegate {

/// Opens a session, trying again for up to `limit` while the server isn't there, is starting or is
/// full. Every failed try is reported.
///
/// Throws: Error of the last try.
std::unique_ptr<Session> open_with_patience(const Driver& driver, const DatabaseUrl& url,
                                            ConnectOptions options, std::chrono::milliseconds limit,
                                            Reporter& reporter, const Clock& clock,
                                            const std::string& target);

}  // namespace tidegate
