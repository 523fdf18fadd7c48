#include "simulation/replica.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>

#include "catalog/all_catalogs.h"
#include "door/comebacks.h"
#include "gate/gate.h"
#include "history/history_kind.h"
#include "lock/lock_protocol.h"
#include "run/migrator.h"
#include "simulation/mutated.h"
#include "simulation/postgres_session.h"
#include "simulation/sqlite_session.h"

namespace tidegate::simulation {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kConnectPause{300};
constexpr milliseconds kRestartPause{1'000};
constexpr int kMostRestarts = 200;
constexpr std::chrono::minutes kPatienceOfGates{3};
constexpr std::chrono::seconds kLongestPauseOfGates{5};

class Silent : public Reporter {
 public:
  void report(const Event&) override {}
};

// What it takes to connect bounds the session's calls until it is told otherwise.
constexpr std::chrono::seconds kConnectLimit{10};

std::unique_ptr<Session> connect(World& world, Process& process) {
  if (world.host.engine() == Engine::sqlite) {
    return std::make_unique<SqliteSession>(world.host, process);
  }
  PostgresSession::Options options;
  options.burst_size = world.story.burst_size;
  options.piece_size = world.story.piece_size;
  options.pool = world.pool;
  options.locks = world.protocol.locks;
  if (world.mutant != nullptr) {
    options.ends_when_idle = world.mutant->where != Mutant::Where::never_idle;
    options.proves_each_piece = world.mutant->where != Mutant::Where::pieces_without_proof;
    options.keeps_settings_together = world.mutant->where != Mutant::Where::settings_come_apart;
  }
  auto session = std::make_unique<PostgresSession>(world.host, process, options);
  session->limit_to(process.clock().now() + kConnectLimit, process.stop());
  return session;
}

std::unique_ptr<Session> connect_with_patience(World& world, Process& process) {
  while (true) {
    try {
      return mutated_session(world.mutant, connect(world, process));
    } catch (const Error& error) {
      if (error.code != ErrorCode::unreachable || process.stopped()) throw;
      process.clock().sleep_until(process.clock().now() + kConnectPause, process.stop());
    }
  }
}

HistoryName history_name(const World& world) {
  return {.engine = std::string(world.protocol.engine_name), .schema = {}, .table = {}};
}

LockName lock_name(const World& world, const Process& process) {
  return {.engine = std::string(world.protocol.engine_name),
          .database = world.database,
          .history_schema = {},
          .history_table = "tidegate_migrations",
          .holder = process.name()};
}

/// The protocol that the server's answer asks for; a mutant may be one that can't be relied on.
const LockProtocol& protocol_for(const World& world, const Server& server) {
  const bool wrong =
      world.mutant != nullptr && world.mutant->where == Mutant::Where::wrong_protocol;
  return wrong ? lock_protocol(world.mutant->from, world.protocol.engine_name, "native", {})
               : lock_protocol("", world.protocol.engine_name, "native", server);
}

/// Calls `use` with a migrator on a session of its own, composed as the door does it.
void with_migrator(World& world, Process& process, Waiting* waiting,
                   const std::function<void(Migrator&)>& use) {
  const HistoryKind& kind = history_kind("native");
  const auto session = connect_with_patience(world, process);
  session->limit_to(kNever, process.stop());
  const auto reader = mutated_history(world.mutant, kind.make_reader(history_name(world)));
  const auto open_another = [&](TimePoint deadline, std::stop_token stop) {
    auto another = connect(world, process);
    another->limit_to(deadline, std::move(stop));
    return mutated_session(world.mutant, std::move(another));
  };
  const auto make_lock = [&](const Server& server) {
    const LockParts parts{*session, open_another, process.clock(), process.stop(),
                          lock_name(world, process)};
    return mutated_lock(world.mutant, protocol_for(world, server).make_lock(parts));
  };
  const auto make_view = [&](const Server& server) {
    return protocol_for(world, server).make_view(lock_name(world, process));
  };
  const auto make_writer = [&](const std::string& schema) {
    HistoryName name = history_name(world);
    name.schema = schema;
    return kind.make_writer(name);
  };
  Silent silent;
  Migrator migrator({*session, make_lock, make_view, *reader, make_writer, silent, process.clock(),
                     process.stop(), "", process.name(), "", waiting,
                     find_catalog(world.protocol.engine_name)});
  use(migrator);
}

/// The loop of Database::migrate.
MigrateReport migrate_once(World& world, Process& process) {
  MigrateOptions options;
  options.single_transaction = world.story.single_transaction;
  MigrateReport report;
  Waiting waiting;
  Comebacks comebacks(options);
  const auto sleep = [&](milliseconds pause) {
    process.clock().sleep_until(process.clock().now() + pause, process.stop());
    if (process.stopped()) throw Error(ErrorCode::interrupted, "stopped while waiting");
  };
  while (true) {
    try {
      std::optional<milliseconds> pause;
      with_migrator(world, process, &waiting, [&](Migrator& migrator) {
        pause = migrator.migrate(world.set, options, report);
      });
      if (!pause) return report;
      sleep(*pause);
    } catch (const Error& error) {
      world.say(fmt::format("{}: {}: {}", process.name(), to_string(error.code), error.message));
      const auto pause = comebacks.pause_after(error, report, process.clock().now());
      if (!pause || process.stopped()) throw;
      sleep(*pause);
    }
  }
}

/// Somebody looks at the database, and says what became of each statement in question.
void answer_questions(World& world, Process& process) {
  const auto answer = [&](const History& history, const HistoryWriter& writer) {
    std::vector<Query> answers;
    for (JournalEntry entry : history.journal) {
      if (entry.state != JournalEntry::State::started) continue;
      const auto migration = static_cast<std::size_t>(std::stoul(entry.version.text()) - 1);
      const bool there = world.effect_count(migration, entry.statement - 1) > 0;
      const bool guessed =
          world.mutant != nullptr && world.mutant->where == Mutant::Where::interrupted_means_undone;
      entry.state = there && !guessed ? JournalEntry::State::done : JournalEntry::State::failed;
      for (Query& query : writer.journal({&entry, 1})) answers.push_back(std::move(query));
    }
    return answers;
  };
  with_migrator(world, process, nullptr,
                [&](Migrator& migrator) { migrator.change_history(std::nullopt, answer); });
}

/// What may go wrong for a replica without anything being wrong with us.
bool is_explained(const World& world, const Process& process, const Error& error) {
  switch (error.code) {
    case ErrorCode::interrupted:
      return process.stopped();
    case ErrorCode::connection_lost:
    case ErrorCode::outcome_unknown:
    case ErrorCode::unreachable:
    case ErrorCode::timed_out:
    case ErrorCode::lock_timeout:
      return !world.story.faults.empty();
    case ErrorCode::fenced: {
      const auto& tempers = world.story.migrations;
      return !world.story.faults.empty() ||
             std::find(tempers.begin(), tempers.end(), Temper::lets_go) != tempers.end();
    }
    default:
      return false;
  }
}

}  // namespace

bool migrate(World& world, Process& process) {
  for (int start = 0; start < kMostRestarts && !process.stopped(); ++start) {
    try {
      const MigrateReport report = migrate_once(world, process);
      world.say(fmt::format("{}: outcome {}", process.name(), static_cast<int>(report.outcome)));
      switch (report.outcome) {
        case Outcome::done:
        case Outcome::nothing_to_do:
          return true;
        case Outcome::blocked:
          answer_questions(world, process);
          break;
        default:
          world.broke(fmt::format("{} was told that a migration failed: {}", process.name(),
                                  report.error ? report.error->message : ""));
      }
    } catch (const Error& error) {
      world.say(fmt::format("{}: {}: {}", process.name(), to_string(error.code), error.message));
      if (!is_explained(world, process, error)) {
        world.broke(fmt::format("{} ended with {}: {}", process.name(), to_string(error.code),
                                error.message));
      }
    }
    process.clock().sleep_until(process.clock().now() + kRestartPause, process.stop());
  }
  return false;
}

void wait_at_gate(World& world, Process& process) {
  const HistoryKind& kind = history_kind("native");
  auto reader = kind.make_reader(history_name(world));
  if (world.mutant != nullptr && world.mutant->where == Mutant::Where::gate_trusts_the_end) {
    reader = trusting_history(world.set, std::move(reader));
  }
  const auto make_view = [&](const Server& server) {
    return protocol_for(world, server).make_view(lock_name(world, process));
  };
  Silent silent;
  const auto connect_reader = [&](TimePoint) -> std::unique_ptr<Reader> {
    return connect(world, process);
  };
  WaitOptions options;
  options.timeout = kPatienceOfGates;
  options.interval = kLongestPauseOfGates;
  options.fail_fast = false;
  while (!process.stopped()) {
    try {
      Gate gate({connect_reader, *reader, make_view, silent, process.clock(), process.stop(), ""});
      const GateState state = gate.wait(world.set, options);
      world.say(fmt::format("{}: {}", process.name(), to_string(state.verdict)));
      if (is_open(state.verdict)) {
        if (!world.all_recorded()) world.broke("open means there: " + process.name() + " opened");
        return;
      }
      if (!process.is_touched() && world.is_settled()) {
        world.broke(process.name() + " stays shut, and all has long been there");
      }
      return;
    } catch (const Error& error) {
      world.say(fmt::format("{}: {}", process.name(), to_string(error.code)));
      if (error.code == ErrorCode::interrupted && process.stopped()) return;
      world.broke(fmt::format("{} ended with {}", process.name(), to_string(error.code)));
    }
    process.clock().sleep_until(process.clock().now() + kRestartPause, process.stop());
  }
}

}  // namespace tidegate::simulation
