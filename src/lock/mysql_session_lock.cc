#include "lock/mysql_session_lock.h"

#include <fmt/format.h>

#include <utility>

#include "base/quote.h"
#include "tidegate/error.h"

namespace tidegate {
namespace {

/// The lock's name, which the server computes, so that all clients agree on how the database is
/// written. 64 characters is what MySQL takes. Names are compared without regard to case: two
/// histories that differ in nothing else wait for each other, which harms neither.
/// https://dev.mysql.com/doc/refman/8.0/en/locking-functions.html
std::string lock_name(const LockName& name) {
  return fmt::format(
      "(SELECT CONCAT('tidegate:', IF(CHAR_LENGTH(n.whole) <= 55, n.whole, SHA1(n.whole))) FROM "
      "(SELECT CONCAT(DATABASE(), '.', {}) AS whole) n)",
      literal(name.history_table));
}

Error replica_error() {
  return {ErrorCode::read_only, "the server is read-only: a replica, which can't be migrated",
          "use the URL of the primary"};
}

class HeldMysqlSessionLock final : public HeldLock {
 public:
  HeldMysqlSessionLock(Session& session, std::string name)
      : session_(session), name_(std::move(name)) {}

  ~HeldMysqlSessionLock() override {
    try {
      // All: the guards have taken it again and again, and it counts. A lock that a script took
      // for itself goes too, which is as it should be once the run is over.
      session_.execute({"DO RELEASE_ALL_LOCKS()"});
    } catch (...) {
      // The session is gone or stopped. The lock goes with it.
    }
  }
  HeldMysqlSessionLock(const HeldMysqlSessionLock&) = delete;
  HeldMysqlSessionLock& operator=(const HeldMysqlSessionLock&) = delete;

  /// Taking it again succeeds while it is ours, and also when a script has let go of it and nobody
  /// was there; it fails when somebody else has it, and that is what fences us off.
  std::vector<Guard> guards() const override { return {{"GET_LOCK($1, 0) = 1", {name_}}}; }

  /// Nothing to do: the table of runs tells, in transactions that are committed anyway.
  void tell(const std::string&) override {}

 private:
  Session& session_;
  std::string name_;
};

class MysqlSessionView final : public LockView {
 public:
  explicit MysqlSessionView(LockName name) : name_(std::move(name)) {}

  std::vector<Query> reads() const override {
    const bool usual = name_.history_table == "tidegate_migrations";
    return {
        {fmt::format("SELECT IS_USED_LOCK({})", lock_name(name_))},
        {fmt::format("SELECT holder, CONCAT(DATE_FORMAT(started_at, '%Y-%m-%dT%T'), 'Z'), "
                     "migration, statement, statement_count FROM {0} WHERE id = (SELECT MAX(id) "
                     "FROM {0}) AND state = 'running'",
                     backticked(usual ? "tidegate_runs" : name_.history_table + "_runs"))}};
  }

  std::optional<Holder> holder(std::span<const ReadResult> results) const override {
    const Rows* lock = results.empty() ? nullptr : std::get_if<Rows>(&results[0]);
    if (lock == nullptr || lock->empty() || !lock->at(0, 0)) return std::nullopt;
    Holder holder{.who = "session " + lock->text(0, 0), .since = {}, .progress = {}};
    const Rows* run = std::get_if<Rows>(&results[1]);
    if (run == nullptr || run->empty()) return holder;
    holder.who = run->text(0, 0) + ", " + holder.who;
    holder.since = run->text(0, 1);
    holder.progress = run->text(0, 2);
    const std::string statement = run->text(0, 3);
    if (!holder.progress.empty() && !statement.empty() && statement != "0") {
      holder.progress += fmt::format(", statement {}/{}", statement, run->text(0, 4));
    }
    return holder;
  }

 private:
  LockName name_;
};

}  // namespace

MysqlSessionLock::MysqlSessionLock(Session& session, LockName name)
    : session_(session), name_(std::move(name)) {}

std::unique_ptr<HeldLock> MysqlSessionLock::try_acquire() {
  // A replica gives such locks too, unknown to its primary. NULL is no lock, and 0 isn't either.
  const Rows rows = session_.execute(
      {fmt::format("SELECT @@global.read_only, l.name, IF(@@global.read_only, 0, GET_LOCK(l.name, "
                   "0)) FROM (SELECT {} AS name) l",
                   lock_name(name_))});
  if (rows.text(0, 0) == "1") throw replica_error();
  if (!rows.at(0, 1)) {
    throw Error(ErrorCode::usage, "the database URL names no database",
                "write mysql://USER@HOST:PORT/DATABASE");
  }
  if (rows.text(0, 2) != "1") return nullptr;
  return std::make_unique<HeldMysqlSessionLock>(session_, rows.text(0, 1));
}

std::unique_ptr<LockView> make_mysql_session_view(const LockName& name) {
  return std::make_unique<MysqlSessionView>(name);
}

}  // namespace tidegate
