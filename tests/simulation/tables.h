#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simulation/sql_syntax.h"
#include "simulation/sql_value.h"

namespace tidegate::simulation {

class ServerTransaction;

/// One row through time, and who has it locked.
///
/// As PostgreSQL keeps them: readers see what was committed when their statement began, writers
/// wait for each other, and go on with what is there then.
struct Slot {
  struct Version {
    std::uint64_t committed_at = 0;
    std::shared_ptr<const Row> row;  ///< null: deleted
  };
  struct Holder {
    const ServerTransaction* transaction;
    RowLock lock;
  };

  std::vector<Version> versions;  ///< oldest first
  const ServerTransaction* writer = nullptr;
  std::shared_ptr<const Row> written;  ///< by the writer, not yet committed
  std::vector<Holder> holders;

  /// What `reader` sees at a moment; null for nothing.
  std::shared_ptr<const Row> seen(std::uint64_t snapshot, const ServerTransaction* reader) const;
  /// What is there now, for a writer that has it locked.
  std::shared_ptr<const Row> newest(const ServerTransaction* writer) const;
  /// Whoever keeps `asker` from locking it; null for nobody.
  const ServerTransaction* in_the_way(const ServerTransaction* asker, RowLock lock) const;
};

struct Table {
  std::string name;
  std::vector<std::string> columns;
  std::vector<bool> is_number;
  std::vector<std::size_t> key;  ///< columns that are unique together; may be none
  std::deque<std::unique_ptr<Slot>> slots;
  const ServerTransaction* maker = nullptr;  ///< whose CREATE isn't committed yet

  std::size_t column(const std::string& wanted) const;
};

/// What all sessions share: tables, and the number of the last commit.
struct Tables {
  std::map<std::string, std::unique_ptr<Table>> by_name;
  std::uint64_t last_commit = 0;
  const ServerTransaction* only_writer = nullptr;  ///< of BEGIN IMMEDIATE

  Table* find(const std::string& name, const ServerTransaction* reader) const;
  /// Rows of a table that are committed now; none if it isn't there.
  std::vector<std::shared_ptr<const Row>> committed(const std::string& name) const;
};

/// What one session has done and not committed yet.
class ServerTransaction {
 public:
  explicit ServerTransaction(Tables& tables) : tables_(tables) {}
  ~ServerTransaction() { roll_back(); }
  ServerTransaction(const ServerTransaction&) = delete;
  ServerTransaction& operator=(const ServerTransaction&) = delete;

  void write(Slot& slot, std::shared_ptr<const Row> row);
  void lock(Slot& slot, RowLock lock);
  void make(std::unique_ptr<Table> table);

  /// Whether it changed rows of that table.
  bool wrote(const std::string& table) const;

  void commit();
  void roll_back();

  bool explicitly_begun = false;
  bool failed = false;      ///< an error came; only a rollback is left
  bool deferrable = false;  ///< as `transaction_deferrable` says
  std::uint64_t begun_at_ms = 0;
  std::vector<std::pair<std::string, std::string>> news;  ///< topics and payloads
  const ServerTransaction* waits_for = nullptr;

 private:
  void forget();

  Tables& tables_;
  std::vector<Slot*> written_;
  std::vector<Slot*> locked_;
  std::vector<Table*> made_;
};

}  // namespace tidegate::simulation
