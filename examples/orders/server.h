#pragma once

#include <tidegate/development_page.h>
#include <tidegate/readiness.h>

#include <atomic>
#include <chrono>
#include <string>

namespace orders {

/// What the server answers from.
struct Service {
  std::string database;  ///< a URL
  const tidegate::Readiness& readiness;
  tidegate::DevelopmentPage* page = nullptr;  ///< in development only
  /// On its way out: requests are answered still, but the load balancer is told to send no more.
  std::atomic<bool> leaving = false;
};

/// Listens on 127.0.0.1 until `stop` says so; prints the port. Then answers what is on its way.
///
/// Throws: std::exception when the port can't be had.
void serve(Service& service, unsigned short port, const std::atomic<bool>& stop);

}  // namespace orders
