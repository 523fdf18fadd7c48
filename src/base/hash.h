#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tidegate {

/// SHA-256 (FIPS 180-4) of what is added, piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view bytes);

  /// The hash as 64 lower-case hex digits. Ends this object's use.
  std::string hex();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// SHA-256 of `bytes` in hex.
std::string sha256_hex(std::string_view bytes);

}  // namespace tidegate
