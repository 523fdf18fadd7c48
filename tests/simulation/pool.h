#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "simulation/host.h"

namespace tidegate::simulation {

/// A pooler's connections to the server, which it lends for a transaction each. What a transaction
/// leaves behind in its session (settings, locks) is there for the next one.
class Pool {
 public:
  Pool(Host& host, std::size_t size) : host_(host), free_places_(size) {}

  bool has_free() const { return host_.is_up() && (!idle_.empty() || free_places_ > 0); }

  /// REQUIRES: `has_free()`.
  std::unique_ptr<Backend> take(const std::string& client) {
    drop_ended();
    if (idle_.empty()) {
      --free_places_;
      return std::make_unique<Backend>(host_, client);
    }
    std::unique_ptr<Backend> backend = std::move(idle_.back());
    idle_.pop_back();
    backend->used_by(client);
    return backend;
  }

  void give_back(std::unique_ptr<Backend> backend) {
    backend->used_by("pool");
    idle_.push_back(std::move(backend));
  }

  /// One in the middle of a transaction isn't given to anybody else.
  void close(std::unique_ptr<Backend> backend) {
    backend->end();
    ++free_places_;
  }

 private:
  void drop_ended() {
    std::erase_if(idle_, [this](const auto& backend) {
      if (!backend->terminated) return false;
      ++free_places_;
      return true;
    });
  }

  Host& host_;
  std::size_t free_places_;
  std::vector<std::unique_ptr<Backend>> idle_;
};

}  // namespace tidegate::simulation
