#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tidegate/session.h"

namespace tidegate {

/// Who holds a lock, as far as anyone may know. Empty fields are unknown.
struct Holder {
  std::string who;       ///< as a person would name it: `orders-7f9c:12`
  std::string since;     ///< UTC, RFC 3339
  std::string progress;  ///< `3/10 20261122120000 create_users, statement 2/5`
  /// Its process on this machine, where that is known to be stopped: nobody can take the lock from
  /// it, and it doesn't go on by itself.
  std::optional<int> stopped_process = {};
};

/// A lock that is ours until this object goes. The destructor lets go and never throws.
class HeldLock {
 public:
  virtual ~HeldLock() = default;

  /// What must be true inside each transaction of the run: that the lock is still ours.
  virtual std::vector<Guard> guards() const = 0;

  /// Tells waiters how far we are, where that costs no round trip.
  virtual void tell(const std::string& progress) = 0;
};

/// One lock protocol on one database and history. Each is a file in src/lock.
///
/// Threads: one at a time.
class Lock {
 public:
  virtual ~Lock() = default;

  /// Takes the lock if it is free; null if it isn't. Never waits.
  ///
  /// Writes: nothing but the lock itself. Throws: Error{connection_lost, …}.
  virtual std::unique_ptr<HeldLock> try_acquire() = 0;
};

/// Sees who holds a lock without touching it.
///
/// A view is a list of reads and the function that understands their answers, so that a look at
/// history and lock is one round trip.
class LockView {
 public:
  virtual ~LockView() = default;

  /// Reads only; may be none, where the lock isn't in the database.
  virtual std::vector<Query> reads() const = 0;

  /// Who holds the lock now, or nothing. `results` answer `reads()`.
  virtual std::optional<Holder> holder(std::span<const ReadResult> results) const = 0;
};

}  // namespace tidegate
