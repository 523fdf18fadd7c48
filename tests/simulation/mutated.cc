#include "simulation/mutated.h"

#include <utility>
#include <vector>

namespace tidegate::simulation {

namespace {

using Where = Mutant::Where;

/// A session that does as the real one does.
class Wrapped : public Session {
 public:
  explicit Wrapped(std::unique_ptr<Session> real) : real_(std::move(real)) {}

  void limit_to(TimePoint deadline, std::stop_token stop) override {
    real_->limit_to(deadline, std::move(stop));
  }
  std::vector<ReadResult> read(std::span<const Query> queries) override {
    return real_->read(queries);
  }
  tidegate::Server server() override { return real_->server(); }
  void subscribe(std::string_view topic) override { real_->subscribe(topic); }
  std::vector<News> wait_for_news(TimePoint until) override { return real_->wait_for_news(until); }
  void become_migrator() override { real_->become_migrator(); }
  Rows execute(const Query& query) override { return real_->execute(query); }
  TransactionsResult run(std::span<const tidegate::Transaction> transactions,
                         TransactionListener& listener) override {
    return real_->run(transactions, listener);
  }
  void run_alone(const Script& script, const Statement& statement, std::span<const Guard> guards,
                 TransactionListener& listener) override {
    real_->run_alone(script, statement, guards, listener);
  }

 private:
  std::unique_ptr<Session> real_;
};

/// Writes each record in a transaction of its own, after the script's.
class LateRecords : public Wrapped {
 public:
  using Wrapped::Wrapped;

  TransactionsResult run(std::span<const tidegate::Transaction> transactions,
                         TransactionListener& listener) override {
    TransactionsResult result;
    for (const tidegate::Transaction& transaction : transactions) {
      std::vector<tidegate::Transaction> parts(2, transaction);
      parts[0].epilogue.clear();
      parts[0].commit = tidegate::Transaction::Commit::here;
      parts[1].script = nullptr;
      parts[1].commit = tidegate::Transaction::Commit::here;
      TransactionsResult both = Wrapped::run(parts, listener);
      if (both.error) {
        result.error = std::move(both.error);
        return result;
      }
      ++result.committed_count;
    }
    return result;
  }
};

class UnfencedAlone : public Wrapped {
 public:
  using Wrapped::Wrapped;

  void run_alone(const Script& script, const Statement& statement, std::span<const Guard>,
                 TransactionListener& listener) override {
    Wrapped::run_alone(script, statement, {}, listener);
  }
};

class EarlyRelease : public Lock {
 public:
  explicit EarlyRelease(std::unique_ptr<Lock> real) : real_(std::move(real)) {}

  std::unique_ptr<HeldLock> try_acquire() override {
    if (real_->try_acquire() == nullptr) return nullptr;
    return std::make_unique<Nothing>();
  }

  /// A lock that nobody holds.
  class Nothing : public HeldLock {
   public:
    std::vector<Guard> guards() const override { return {}; }
    void tell(const std::string&) override {}
  };

 private:
  std::unique_ptr<Lock> real_;
};

class DummyLock : public Lock {
 public:
  std::unique_ptr<HeldLock> try_acquire() override {
    return std::make_unique<EarlyRelease::Nothing>();
  }
};

/// Understands the first answer, and says the same ever after.
class FirstLook : public HistoryReader {
 public:
  explicit FirstLook(std::unique_ptr<HistoryReader> real) : real_(std::move(real)) {}
  std::vector<Query> reads() const override { return real_->reads(); }
  History history(std::span<const ReadResult> results) const override {
    History now = real_->history(results);
    if (!first_) first_ = now;
    // What a run needs to be begun stays true, so that only the plan is old.
    now.records = first_->records;
    now.journal = first_->journal;
    return now;
  }
  std::string topic() const override { return real_->topic(); }

 private:
  std::unique_ptr<HistoryReader> real_;
  mutable std::optional<History> first_;
};

class Trusting : public HistoryReader {
 public:
  Trusting(const MigrationSet& set, std::unique_ptr<HistoryReader> real)
      : set_(set), real_(std::move(real)) {}
  std::vector<Query> reads() const override { return real_->reads(); }
  History history(std::span<const ReadResult> results) const override {
    History now = real_->history(results);
    if (!now.last_run || now.last_run->state == RunState::running) return now;
    now.records.clear();
    for (const Migration& migration : set_.migrations) {
      now.records.push_back({migration.version, migration.name, migration.up.checksum, "", {}});
    }
    return now;
  }
  std::string topic() const override { return real_->topic(); }

 private:
  const MigrationSet& set_;
  std::unique_ptr<HistoryReader> real_;
};

bool is(const Mutant* mutant, Where where) { return mutant != nullptr && mutant->where == where; }

}  // namespace

std::unique_ptr<Session> mutated_session(const Mutant* mutant, std::unique_ptr<Session> session) {
  if (is(mutant, Where::record_comes_later)) {
    return std::make_unique<LateRecords>(std::move(session));
  }
  if (is(mutant, Where::alone_is_not_fenced)) {
    return std::make_unique<UnfencedAlone>(std::move(session));
  }
  return session;
}

std::unique_ptr<Lock> mutated_lock(const Mutant* mutant, std::unique_ptr<Lock> lock) {
  if (is(mutant, Where::lock_is_let_go_early)) {
    return std::make_unique<EarlyRelease>(std::move(lock));
  }
  if (is(mutant, Where::lock_is_a_dummy)) return std::make_unique<DummyLock>();
  return lock;
}

std::unique_ptr<HistoryReader> mutated_history(const Mutant* mutant,
                                               std::unique_ptr<HistoryReader> reader) {
  if (!is(mutant, Where::no_second_look)) return reader;
  return std::make_unique<FirstLook>(std::move(reader));
}

std::unique_ptr<HistoryReader> trusting_history(const MigrationSet& set,
                                                std::unique_ptr<HistoryReader> reader) {
  return std::make_unique<Trusting>(set, std::move(reader));
}

}  // namespace tidegate::simulation
