#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "run/migrator_parts.h"
#include "tidegate/clock.h"
#include "tidegate/history.h"
#include "tidegate/lock.h"
#include "tidegate/reporter.h"
#include "tidegate/session.h"

namespace tidegate::fake {

/// A clock that only moves when somebody sleeps on it, and does what is due on the way.
class FakeClock : public Clock {
 public:
  TimePoint now() const override { return now_; }

  void sleep_until(TimePoint until, std::stop_token) const override { advance(until, nullptr); }

  /// Has `what` done once the time has come.
  void at(std::chrono::milliseconds after_start, std::function<void()> what) {
    due_.emplace(TimePoint() + after_start, std::move(what));
  }

  /// Moves on, up to `until` or until `woken` says that it is enough.
  void advance(TimePoint until, const std::function<bool()>& woken) const {
    while (!due_.empty() && due_.begin()->first <= until) {
      auto next = due_.extract(due_.begin());
      now_ = std::max(now_, next.key());
      next.mapped()();
      if (woken && woken()) return;
    }
    now_ = std::max(now_, until);
  }

 private:
  mutable TimePoint now_ = TimePoint();
  mutable std::multimap<TimePoint, std::function<void()>> due_;
};

/// Keeps what was reported, as lines.
class FakeReporter : public Reporter {
 public:
  void report(const Event& event) override {
    events_.push_back(event.what);
    if (const auto* done = std::get_if<StepDone>(&event.what)) {
      lines_.push_back("done " + done->version.text());
    } else if (const auto* failed = std::get_if<StepFailed>(&event.what)) {
      lines_.push_back("failed " + failed->version.text());
    } else if (const auto* busy = std::get_if<LockBusy>(&event.what)) {
      lines_.push_back("busy " + busy->holder.who);
    } else if (const auto* shut = std::get_if<GateShut>(&event.what)) {
      lines_.push_back("shut " + std::string(to_string(shut->state.verdict)));
    } else if (const auto* open = std::get_if<GateOpened>(&event.what)) {
      lines_.push_back("opened " + std::string(to_string(open->state.verdict)));
    } else if (const auto* found = std::get_if<Found>(&event.what)) {
      lines_.push_back("found " + found->finding.rule);
    } else if (std::holds_alternative<NothingToDo>(event.what)) {
      lines_.push_back("nothing to do");
    }
  }

  const std::vector<std::string>& lines() const { return lines_; }

  template <typename What>
  int count() const {
    return static_cast<int>(std::count_if(events_.begin(), events_.end(), [](const auto& what) {
      return std::holds_alternative<What>(what);
    }));
  }

 private:
  std::vector<decltype(Event::what)> events_;
  std::vector<std::string> lines_;
};

/// A database in memory: history, runs, journal, a lock, and what statements it was sent.
/// A statement that contains FAIL is refused; one that contains BUSY meets another's lock.
struct FakeServer {
  History history;
  std::string lock_holder;     ///< empty: free
  std::optional<Crowd> crowd;  ///< told to who looks at the lock
  std::vector<std::string> statements;
  std::vector<std::string> news;
  std::size_t look_count = 0;
  std::size_t try_count = 0;
  std::size_t table_makings = 0;
  std::vector<std::string> ended_sessions;
  std::function<void()> on_look;      ///< done at the moment of each look
  std::function<void()> before_lock;  ///< done at the moment when a lock is tried for
  std::function<void(const std::string& statement)> on_statement;

  FakeServer() { history.state = History::State::absent; }

  void make_tables() {
    history.state = History::State::present;
    history.writable_as_it_is = true;
  }

  void record(const std::string& version, const std::string& name = "",
              const std::string& checksum = "") {
    make_tables();
    Record made{Version(version), name, checksum, "", std::nullopt};
    auto& records = history.records;
    records.insert(std::upper_bound(records.begin(), records.end(), made,
                                    [](const Record& left, const Record& right) {
                                      return left.version < right.version;
                                    }),
                   std::move(made));
  }

  void run_is(RunState state, std::int64_t id, const std::string& migration = "",
              const std::string& error = "") {
    make_tables();
    Run run;
    run.id = id;
    run.state = state;
    run.holder = "other:1";
    run.migration = migration;
    run.error = error;
    history.last_run = run;
  }

  bool apply(const Query& query);
};

inline bool FakeServer::apply(const Query& query) {
  const auto parameter = [&](std::size_t index) { return query.parameters[index].value_or(""); };
  if (query.sql == "create") {
    ++table_makings;
    make_tables();
  } else if (query.sql == "record") {
    if (history.find(Version(parameter(0))) != nullptr) return false;
    record(parameter(0), parameter(1), parameter(2));
    std::erase_if(history.journal,
                  [&](const JournalEntry& entry) { return entry.version.text() == parameter(0); });
  } else if (query.sql == "remove") {
    std::erase_if(history.records,
                  [&](const Record& record) { return record.version.text() == parameter(0); });
    std::erase_if(history.journal,
                  [&](const JournalEntry& entry) { return entry.version.text() == parameter(0); });
  } else if (query.sql == "begin" || query.sql == "end") {
    Run run;
    run.id = std::stoll(parameter(0));
    run.state = static_cast<RunState>(std::stoi(parameter(1)));
    run.migration = parameter(2);
    run.error = parameter(3);
    run.holder = parameter(4);
    run.checksum = parameter(5);
    if (query.sql == "begin" && history.last_run && history.last_run->id >= run.id) return false;
    history.last_run = run;
  } else if (query.sql == "end session") {
    ended_sessions.push_back(parameter(0));
  } else if (query.sql == "journal") {
    JournalEntry entry;
    entry.version = Version(parameter(0));
    entry.statement = static_cast<std::uint32_t>(std::stoul(parameter(1)));
    entry.state = static_cast<JournalEntry::State>(std::stoi(parameter(2)));
    entry.checksum = parameter(3);
    entry.direction = static_cast<Direction>(std::stoi(parameter(4)));
    entry.before = parameter(5);
    std::erase_if(history.journal, [&](const JournalEntry& old) {
      return old.version == entry.version && old.statement == entry.statement;
    });
    history.journal.push_back(entry);
  }
  return true;
}

/// A connection to a FakeServer.
class FakeSession : public Session {
 public:
  FakeSession(FakeServer& server, FakeClock& clock) : server_(server), clock_(clock) {}

  void limit_to(TimePoint, std::stop_token stop) override { stop_ = std::move(stop); }

  std::vector<ReadResult> read(std::span<const Query> queries) override {
    ++server_.look_count;
    if (server_.on_look) server_.on_look();
    std::vector<ReadResult> results(queries.size(), Rows(1));
    if (queries.empty() || queries.back().sql != "crowd") return results;
    Rows rows(3);
    for (const std::size_t number :
         {server_.crowd->connections, server_.crowd->limit, server_.crowd->waiters}) {
      rows.add(std::to_string(number));
    }
    results.back() = std::move(rows);
    return results;
  }

  std::optional<Query> crowd_read() const override {
    if (!server_.crowd) return std::nullopt;
    return Query{"crowd"};
  }

  void subscribe(std::string_view) override {}

  std::vector<News> wait_for_news(TimePoint until) override {
    clock_.advance(until, [&] { return !server_.news.empty(); });
    std::vector<News> heard;
    for (std::string& payload : std::exchange(server_.news, {})) heard.push_back({payload});
    return heard;
  }

  void become_migrator() override {}
  Server server() override { return {}; }

  Rows execute(const Query& query) override {
    server_.apply(query);
    return Rows(1);
  }

  TransactionsResult run(std::span<const Transaction> transactions,
                         TransactionListener& listener) override {
    TransactionsResult result;
    if (stop_.stop_requested()) {
      result.error = Error(ErrorCode::interrupted, "stopped on request");
      return result;
    }
    FakeServer before = server_;
    for (std::size_t index = 0; index < transactions.size(); ++index) {
      if (auto error = run_one(transactions[index], index, listener)) {
        const std::vector<std::string> statements = server_.statements;
        const auto hook = server_.on_statement;
        server_ = before;
        server_.statements = statements;
        server_.on_statement = hook;
        result.error = std::move(error);
        return result;
      }
      if (transactions[index].commit == Transaction::Commit::with_next) continue;
      before = server_;
      while (result.committed_count <= index) {
        listener.committed(result.committed_count++, std::chrono::microseconds(1));
      }
    }
    return result;
  }

  void run_alone(const Script& script, const Statement& statement, std::span<const Guard> guards,
                 TransactionListener&) override {
    for (const Guard& guard : guards) {
      if (!holds(guard)) throw Error(ErrorCode::fenced, "the lock is no longer ours");
    }
    if (auto error = run_statement(script, statement)) throw *error;
  }

 private:
  std::optional<Error> run_one(const Transaction& transaction, std::size_t index,
                               TransactionListener& listener) {
    listener.transaction_started(index);
    for (const Guard& guard : transaction.guards) {
      if (!holds(guard)) return Error(ErrorCode::fenced, "the lock is no longer ours");
    }
    if (transaction.script != nullptr) {
      for (std::size_t i = 0; i < transaction.script->statements.size(); ++i) {
        if (transaction.statement && *transaction.statement != i) continue;
        listener.statement_started(index, i);
        const Statement& statement = transaction.script->statements[i];
        if (auto error = run_statement(*transaction.script, statement)) return error;
        if (transaction.script->text_of(statement).find("NOT HERE") != std::string::npos) {
          Error error(ErrorCode::statement_failed, "not in a transaction");
          error.server_code = "not here";
          return error;
        }
      }
    }
    for (const Query& query : transaction.epilogue) {
      if (!server_.apply(query)) return Error(ErrorCode::statement_failed, "duplicate key");
    }
    return std::nullopt;
  }

  std::optional<Error> run_statement(const Script& script, const Statement& statement) {
    const std::string text(script.text_of(statement));
    server_.statements.push_back(text);
    if (server_.on_statement) server_.on_statement(text);
    const auto refused = [&](ErrorCode code, const char* message) {
      Error error(code, message);
      error.place = script.place_of(statement);
      error.statement = text;
      return error;
    };
    if (text.find("FAIL") != std::string::npos) {
      return refused(ErrorCode::statement_failed, "it failed");
    }
    if (text.find("BUSY") != std::string::npos) {
      return refused(ErrorCode::lock_timeout, "another session's lock was in the way");
    }
    if (text.find("DIE") != std::string::npos) {
      throw Error(ErrorCode::connection_lost, "the server closed the connection");
    }
    return std::nullopt;
  }

  bool holds(const Guard& guard) const {
    if (guard.expression == "held") return server_.lock_holder == *guard.parameters[0];
    const bool recorded = server_.history.find(Version(*guard.parameters[0])) != nullptr;
    return recorded == (guard.expression == "recorded");
  }

  std::stop_token stop_;
  FakeServer& server_;
  FakeClock& clock_;
};

class FakeLock : public Lock, public LockView {
 public:
  FakeLock(FakeServer& server, std::string owner) : server_(server), owner_(std::move(owner)) {}

  std::unique_ptr<HeldLock> try_acquire() override {
    ++server_.try_count;
    if (server_.before_lock) std::exchange(server_.before_lock, nullptr)();
    if (!server_.lock_holder.empty()) return nullptr;
    server_.lock_holder = owner_;
    return std::make_unique<Held>(server_, owner_);
  }

  std::vector<Query> reads() const override { return {}; }

  std::optional<Holder> holder(std::span<const ReadResult>) const override {
    if (server_.lock_holder.empty()) return std::nullopt;
    return Holder{server_.lock_holder, "", ""};
  }

 private:
  class Held : public HeldLock {
   public:
    Held(FakeServer& server, std::string owner) : server_(server), owner_(std::move(owner)) {}
    ~Held() override {
      if (server_.lock_holder == owner_) server_.lock_holder.clear();
    }
    std::vector<Guard> guards() const override { return {{"held", {owner_}}}; }
    void tell(const std::string&) override {}

   private:
    FakeServer& server_;
    std::string owner_;
  };

  FakeServer& server_;
  std::string owner_;
};

class FakeHistoryReader : public HistoryReader {
 public:
  explicit FakeHistoryReader(FakeServer& server) : server_(server) {}
  std::vector<Query> reads() const override { return {{"history"}}; }
  History history(std::span<const ReadResult>) const override { return server_.history; }
  std::string topic() const override { return "topic"; }

 private:
  FakeServer& server_;
};

class FakeHistoryWriter : public HistoryWriter {
 public:
  std::vector<Query> create() const override { return {{"create"}}; }
  std::vector<Query> record(const Migration& migration, std::int64_t, std::size_t) const override {
    return {{"record", {migration.version.text(), migration.name, migration.up.checksum}}};
  }
  std::vector<Query> remove(const Version& version, std::size_t) const override {
    return {{"remove", {version.text()}}};
  }
  std::vector<Query> record_baseline(const Migration& migration) const override {
    return record(migration, 0, 0);
  }
  std::vector<Query> accept(const Migration& migration) const override {
    return {{"accept", {migration.version.text()}}};
  }
  Guard not_recorded(const Version& version) const override {
    return {"not recorded", {version.text()}};
  }
  Guard recorded(const Version& version) const override { return {"recorded", {version.text()}}; }
  std::vector<Query> begin_run(const Run& run) const override { return {run_query("begin", run)}; }
  std::vector<Query> update_run(const Run&) const override { return {}; }
  std::vector<Query> end_run(const Run& run) const override { return {run_query("end", run)}; }
  std::vector<Query> journal(std::span<const JournalEntry> entries) const override {
    std::vector<Query> queries;
    for (const JournalEntry& entry : entries) {
      queries.push_back({"journal",
                         {entry.version.text(), std::to_string(entry.statement),
                          std::to_string(static_cast<int>(entry.state)), entry.checksum,
                          std::to_string(static_cast<int>(entry.direction)), entry.before}});
    }
    return queries;
  }

 private:
  static Query run_query(const char* what, const Run& run) {
    return {what,
            {std::to_string(run.id), std::to_string(static_cast<int>(run.state)), run.migration,
             run.error, run.holder, run.checksum}};
  }
};

/// A set of native migrations: `{"1_users", "create table users"}`; statements part at `;`, a text
/// that begins with `!` is outside a transaction, and what follows `<-` undoes it.
inline MigrationSet set_of(const std::vector<std::pair<std::string, std::string>>& files) {
  const auto script = [](std::string file, std::string text) {
    Script made;
    made.file = std::move(file);
    if (text.starts_with("!")) {
      made.directives.transactional = Transactional::no;
      text.erase(0, 1);
    }
    made.text = text;
    made.checksum = "sum of " + text;
    for (std::size_t start = 0; start < text.size();) {
      const std::size_t end = std::min(text.find(';', start), text.size());
      Statement statement;
      statement.offset = start;
      statement.size_bytes = end - start;
      statement.line = 1;
      statement.column = static_cast<std::uint32_t>(start + 1);
      made.statements.push_back(statement);
      start = end + 1;
    }
    return made;
  };
  MigrationSet set;
  set.format = "native";
  for (const auto& [stem, text] : files) {
    Migration migration;
    const std::size_t underscore = stem.find('_');
    migration.version = Version(stem.substr(0, underscore));
    migration.name = stem.substr(underscore + 1);
    const std::size_t undo = text.find("<-");
    migration.up = script(stem + ".sql", text.substr(0, undo));
    if (undo != std::string::npos) {
      migration.down = script(stem + ".down.sql", text.substr(undo + 2));
    }
    set.migrations.push_back(std::move(migration));
  }
  return set;
}

}  // namespace tidegate::fake
