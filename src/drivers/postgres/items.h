#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "drivers/postgres/settings.h"
#include "drivers/postgres/statement_kind.h"
#include "tidegate/session.h"

namespace tidegate::postgres {

/// What one statement sent to the server is for.
enum class Purpose {
  begin,      ///< BEGIN
  prepare,    ///< settings of ours, or undoing a migration's
  guard,      ///< settings and guards; refused by the server when one isn't true
  statement,  ///< of the script
  intact,     ///< the same behind the script, and proof that the transaction is still ours
  record,     ///< of the epilogue
  commit,     ///< COMMIT
  sync,       ///< a Sync, up to which everything behind an error is skipped
};

/// One statement of a run.
struct Item {
  Purpose purpose = Purpose::begin;
  std::size_t transaction = 0;
  std::size_t index = 0;  ///< of the statement, guard or query within the transaction
  std::string sql;        ///< empty for a statement of the script, which stands in the script
  std::vector<Parameter> parameters = {};
  bool starts_statement = false;  ///< its answer means that the next item, a statement, has begun
  bool flush_after = false;       ///< somebody waits for its answer
  bool keeps_next = false;        ///< no piece ends here: the settings that follow come along
  Way way = Way::pipelined;
};

/// A run of transactions as the flat sequence of statements that go to the server, made one
/// transaction at a time, so that thousands of them need no memory at once.
///
/// Each transaction is
///
///     BEGIN; label, guards; script; settings; proof that the transaction is still ours, guards;
///     record; COMMIT
///
/// where those that are committed together leave out the COMMIT and the next one's BEGIN. Behind a
/// pooler the settings stand behind the BEGIN too, for that transaction only.
///
/// Why the guards stand twice: a script can let go of the lock (`pg_advisory_unlock_all()`), and
/// the record must not be written by somebody who doesn't hold it any more.
class Items {
 public:
  enum class Settled { no, yes };

  /// `settled` says whether the session's settings are as `settings` wants them.
  Items(std::span<const Transaction> transactions, const Settings& settings,
        std::string_view application_name, Settled settled);

  /// Proof that a transaction which has begun is still open, and not failed.
  static Item proof(std::size_t transaction);

  bool pooled() const { return settings_.pooled(); }

  /// The next statement, or null when there are no more. Lives until the next call of `pop`.
  const Item* peek();
  void pop();

 private:
  void make_next_transaction();
  void add(Purpose purpose, std::string sql, std::vector<Parameter> parameters = {},
           std::size_t index = 0);
  void add_reset();
  void add_checks(const Transaction& transaction, Purpose purpose);
  void add_progress(const Transaction& transaction, std::size_t statement);
  void add_code();
  void add_script(const Transaction& transaction);
  Until named_until() const;
  std::string name_at(const Transaction& transaction, std::size_t statement) const;

  std::span<const Transaction> transactions_;
  const Settings& settings_;
  std::string application_name_;
  Settled settled_;
  std::size_t made_count_ = 0;
  std::vector<Item> items_;
  std::size_t next_ = 0;
};

}  // namespace tidegate::postgres
