#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "drivers/postgres/answer.h"
#include "drivers/postgres/connection.h"
#include "drivers/postgres/items.h"
#include "drivers/postgres/prepared.h"
#include "tidegate/session.h"

namespace tidegate::postgres {

/// Runs transactions through libpq's pipeline mode, in bursts.
///
/// A burst is what is sent ahead, whether that is half a transaction or thirty, in pieces that each
/// go in one system call and end with a Sync. Each further piece begins with a proof that its
/// transaction is still the one that the piece before it has left open. So the first error makes
/// the server refuse or skip the rest of the burst, and there is nothing behind it until all of it
/// has been answered: docs/decisions/0002-pipelined-run.md.
class PipelinedRun {
 public:
  PipelinedRun(Connection& connection, PreparedStatements& prepared,
               std::span<const Transaction> transactions, Items items,
               TransactionListener& listener);

  TransactionsResult run();

 private:
  using Instant = std::chrono::steady_clock::time_point;

  /// What is to be known of an item once its SQL has been sent.
  struct Sent {
    Purpose purpose;
    std::size_t transaction;
    std::size_t index;
    bool starts_statement;
  };

  void run_all();
  void run_burst();
  void send_burst();
  void send_sync();
  std::size_t text_size_bytes_of(const Item& item) const;
  bool send(const Item& item);
  bool send_text(const Sent& sent);
  bool send_ours(const Item& item, const Sent& sent);
  void read_burst();
  void read_sync();
  void run_copy(const Item& item);
  void run_code(const Item& item);
  void refuse(const Item& item);
  void take(const Sent& sent, const Answer& answer);
  void take_done(const Sent& sent, const Answer& answer);
  void take_refused(const Sent& sent, const Answer& answer);
  void take_lost(const Sent& sent, const Answer& answer);
  void start_transaction(std::size_t transaction);
  std::chrono::microseconds elapsed_of(std::size_t transaction) const;
  void stop_where_asked();
  void fail(Error error);
  Error stopped_error() const;
  void clean_up();

  const Script& script_of(const Sent& sent) const;
  const Statement& statement_of(const Sent& sent) const;

  Connection& connection_;
  PreparedStatements& prepared_;
  std::span<const Transaction> transactions_;
  Items items_;
  TransactionListener& listener_;
  std::deque<Sent> unanswered_;
  std::size_t commits_sent_up_to_ = 0;  ///< the COMMIT of all below has been handed over
  std::size_t next_statement_ = 0;
  std::optional<Error> unsendable_;  ///< libpq itself refused a statement
  TransactionsResult result_;
  std::size_t started_count_ = 0;
  std::vector<Instant> started_at_;  ///< of the started ones that aren't committed
};

}  // namespace tidegate::postgres
