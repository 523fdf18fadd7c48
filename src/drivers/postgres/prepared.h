#pragma once

#include <cstddef>
#include <map>
#include <string>

namespace tidegate::postgres {

/// Which of our own statements the server knows by name. A run sends the same few for each
/// migration, and to parse and plan them anew costs the server about as much as the migration.
///
/// Names are never used twice, so that whatever happens to a statement, a new one can be made.
class PreparedStatements {
 public:
  struct Use {
    enum class How {
      as_text,       ///< it may be the only time
      after_making,  ///< prepare it under `name` first
      by_name,
    };
    How how = How::as_text;
    std::string name;
  };

  /// How to send `sql` this time.
  Use use(const std::string& sql);

  /// Sends everything as text from now on: behind a pooler the next transaction may be another
  /// connection's, which has never heard of our names, or has heard them from somebody else.
  void give_up() { kept_ = false; }

  /// Whether `use` would send no more than a name.
  bool by_name(const std::string& sql) const;

  /// Forgets all: the server may have, or may never have heard of them.
  void forget() { known_.clear(); }

 private:
  struct Known {
    std::size_t use_count = 0;
    std::string name;
  };
  bool kept_ = true;
  std::map<std::string, Known> known_;
  std::size_t made_count_ = 0;
};

}  // namespace tidegate::postgres
