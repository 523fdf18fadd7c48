#pragma once

#include <span>
#include <string>
#include <string_view>

#include "simulation/host.h"

namespace tidegate::simulation {

/// A lock protocol of src/lock that the simulation tells stories of.
struct Protocol {
  std::string_view name;  ///< the row of all_locks.cc
  Engine engine;
  std::string_view engine_name;
  /// Whether this session may commit a record at this moment.
  bool (*may_record)(Host& host, const Backend& backend, const std::string& database);
  bool has_network;  ///< connections can be cut, ended and lost
  bool has_pooler;
  tidegate::Server::Locks locks;
};

std::span<const Protocol> all_protocols();

}  // namespace tidegate::simulation
