#include "simulation/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "simulation/replica.h"
#include "support/temporary_folder.h"

namespace tidegate::simulation {

namespace {

using std::chrono::milliseconds;

constexpr std::string_view kHistoryTable = "tidegate_migrations";

// Each of three faults may freeze a process for an hour.
constexpr std::chrono::hours kLongestStory{5};
constexpr std::chrono::minutes kTimeForTheDead{2};
// S16: another takes over within 60 s without a person; then the work has to be done.
constexpr std::chrono::seconds kTakeOver{75};

constexpr std::chrono::seconds kSlowTransaction{8};
// Longer than it takes to notice that a holder is gone.
constexpr std::chrono::seconds kSlowCall{16};

std::chrono::seconds work_time(const Story& story) {
  std::chrono::seconds time{0};
  for (const Temper temper : story.migrations) {
    if (temper == Temper::slow) time += kSlowTransaction;
    if (temper == Temper::slow_calls) time += 2 * kSlowCall;
  }
  return time;
}

Script script_of(std::size_t migration, Temper temper, Engine engine) {
  const std::string id = std::to_string(migration + 1);
  std::vector<std::string> texts = {"INSERT INTO effects (migration) VALUES (" + id + ")",
                                    "UPDATE things SET value = value + 1 WHERE id = " + id};
  if (temper == Temper::slow) {
    texts.push_back(fmt::format("SELECT pg_sleep({})", kSlowTransaction.count()));
  }
  if (temper == Temper::calls || temper == Temper::slow_calls) {
    const auto duration = temper == Temper::calls ? 0 : kSlowCall.count();
    for (std::string& text : texts) text = fmt::format("CALL take_time({}, '{}')", duration, text);
  }
  if (temper == Temper::lets_go && engine == Engine::postgres) {
    texts.insert(texts.begin() + 1, "SELECT pg_advisory_unlock_all()");
  }
  Script script;
  script.file = id + "_story.sql";
  script.checksum = "sum of " + id;
  if (is_alone(temper)) script.directives.transactional = Transactional::no;
  for (const std::string& text : texts) {
    Statement statement;
    statement.offset = script.text.size();
    statement.size_bytes = text.size();
    statement.line = static_cast<std::uint32_t>(script.statements.size() + 1);
    statement.column = 1;
    script.statements.push_back(statement);
    script.text += text + ";\n";
  }
  return script;
}

MigrationSet set_of(const Story& story, Engine engine) {
  MigrationSet set;
  set.format = "native";
  for (std::size_t i = 0; i < story.migrations.size(); ++i) {
    Migration migration;
    migration.version = Version(std::to_string(i + 1));
    migration.name = "story";
    migration.up = script_of(i, story.migrations[i], engine);
    set.migrations.push_back(std::move(migration));
  }
  return set;
}

void set_up(Host& host, std::size_t migration_count) {
  Backend backend(host, "set-up");
  backend.execute("CREATE TABLE effects (migration BIGINT)", {});
  backend.execute("CREATE TABLE things (id BIGINT PRIMARY KEY, value BIGINT)", {});
  for (std::size_t i = 1; i <= migration_count; ++i) {
    backend.execute("INSERT INTO things (id, value) VALUES ($1, 0)", {{std::to_string(i)}});
  }
}

/// Asks after each commit whether "once" holds.
class Promises {
 public:
  explicit Promises(World& world) : world_(world) {}

  void look() {
    const std::uint64_t commit = world_.host.tables().last_commit;
    if (std::exchange(seen_commit_, commit) == commit) return;
    count();
    for (std::size_t i = 0; i < world_.story.migrations.size(); ++i) check(i);
    if (!world_.completed_at && world_.all_recorded()) {
      world_.completed_at = world_.scheduler.now();
    }
  }

  /// Whether somebody who can should have finished the work by now.
  void look_at_the_clock(bool somebody_can) {
    if (!somebody_can || world_.completed_at) return;
    if (world_.scheduler.now() <= world_.last_fault + kTakeOver + work_time(world_.story)) return;
    world_.broke("the dead let go: somebody is alive and well, and yet not all is done");
  }

 private:
  void count() {
    auto& seen = world_.effects_seen;
    seen.assign(world_.story.migrations.size() * 2, 0);
    for (const auto& row : world_.host.tables().committed("effects")) {
      ++seen[static_cast<std::size_t>(integer_of((*row)[0]) - 1) * 2];
    }
    for (const auto& row : world_.host.tables().committed("things")) {
      seen[static_cast<std::size_t>(integer_of((*row)[0]) - 1) * 2 + 1] = integer_of((*row)[1]);
    }
  }

  void check(std::size_t migration) {
    const bool recorded = world_.is_recorded(migration);
    const bool alone = is_alone(world_.story.migrations[migration]);
    for (std::size_t statement = 0; statement < 2; ++statement) {
      const std::int64_t count = world_.effect_count(migration, statement);
      const bool right = count == (recorded ? 1 : 0) || (alone && !recorded && count <= 1);
      if (right) continue;
      world_.broke(
          fmt::format("once: migration {} is {}recorded, statement {} took effect {} times",
                      migration + 1, recorded ? "" : "not ", statement + 1, count));
    }
  }

  World& world_;
  std::uint64_t seen_commit_ = 0;
};

/// Who may write at a commit.
void check_recorder(World& world, Backend& backend) {
  if (!backend.transaction().wrote(std::string(kHistoryTable))) return;
  if (world.protocol.may_record(world.host, backend, world.database)) return;
  world.broke("the dead let go: " + backend.client() + " records, and isn't the holder");
}

}  // namespace

void World::say(const std::string& what) {
  if (!tracing) return;
  std::string line;
  for (const char c : what) {
    if (c != '\n' && (c != ' ' || line.empty() || line.back() != ' ')) line += c;
  }
  const auto since = scheduler.now() - TimePoint() - std::chrono::hours(1);
  ending.trace.push_back(fmt::format(
      "{:>9.3f} {}",
      static_cast<double>(std::chrono::duration_cast<milliseconds>(since).count()) / 1000, line));
}

void World::broke(const std::string& promise) {
  if (!ending.broken) ending.broken = promise;
  say("BROKEN: " + promise);
}

std::int64_t World::effect_count(std::size_t migration, std::size_t statement) const {
  // What sleeps leaves no trace; nobody can be wrong about it.
  if (statement > 1) return 1;
  const std::size_t at = migration * 2 + statement;
  return at < effects_seen.size() ? effects_seen[at] : 0;
}

bool World::is_recorded(std::size_t migration) const {
  const auto rows = host.tables().committed(std::string(kHistoryTable));
  return std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
    return integer_of(row->front()) == static_cast<std::int64_t>(migration + 1);
  });
}

bool World::all_recorded() const {
  return host.tables().committed(std::string(kHistoryTable)).size() >= story.migrations.size();
}

bool World::is_settled() const {
  return completed_at && scheduler.now() > std::max(*completed_at, last_fault) + kTakeOver;
}

Ending tell(const Story& story, const Protocol& protocol, const Mutant* mutant, Trace trace) {
  static const TemporaryFolder folder;
  folder.write("story.db", "");
  Ending ending;
  Choices choices = story.schedule ? Choices(*story.schedule) : Choices(story.seed);
  Scheduler scheduler(choices, story.switch_one_in);
  Host host(scheduler, protocol.engine);
  Pool pool(host, story.pool_size);
  World world{.story = story,
              .protocol = protocol,
              .mutant = mutant,
              .scheduler = scheduler,
              .host = host,
              .pool = protocol.has_pooler ? &pool : nullptr,
              .database = folder.path("story.db"),
              .set = set_of(story, protocol.engine),
              .ending = ending,
              .tracing = trace == Trace::yes,
              .completed_at = {},
              .last_fault = scheduler.now(),
              .effects_seen = {}};
  set_up(host, story.migrations.size());
  if (mutant != nullptr && !mutant->to.empty()) {
    host.change_sql(std::string(mutant->from), std::string(mutant->to));
  }
  Promises promises(world);
  host.before_commit = [&](Backend& backend) { check_recorder(world, backend); };
  if (world.tracing) host.tell = [&](const std::string& what) { world.say(what); };

  std::vector<std::unique_ptr<Process>> processes;
  std::size_t well_count = 0;
  for (std::size_t i = 0; i < story.migrator_count + story.gate_count; ++i) {
    const bool migrates = i < story.migrator_count;
    const std::string name = migrates ? fmt::format("migrator-{}", i) : fmt::format("gate-{}", i);
    processes.push_back(
        std::make_unique<Process>(scheduler, name, i, story.faults, story.clock_errors[i]));
    Process& process = *processes.back();
    process.has_heart = mutant == nullptr || mutant->where != Mutant::Where::no_heartbeat;
    process.tell = [&](const std::string& what) {
      world.last_fault = scheduler.now();
      world.say(what);
    };
    Task& task = scheduler.spawn(name, Task::Kind::actor, [&, migrates, i] {
      scheduler.wait(scheduler.now() + story.starts[i], nullptr);
      if (!migrates) {
        wait_at_gate(world, process);
      } else if (migrate(world, process)) {
        ++well_count;
      }
    });
    process.runs_as(task);
  }
  const auto somebody_can = [&] {
    return std::any_of(processes.begin(),
                       processes.begin() + static_cast<long>(story.migrator_count),
                       [](const auto& process) { return process->is_unharmed(); });
  };
  scheduler.after_step = [&] {
    promises.look();
    promises.look_at_the_clock(somebody_can());
    return !ending.broken;
  };
  const auto end = scheduler.run(scheduler.now() + kLongestStory, kTimeForTheDead);
  if (end == Scheduler::End::stuck) world.broke("somebody waits for ever");
  if (end == Scheduler::End::out_of_time) world.broke("somebody isn't done after hours");
  if (!ending.broken && somebody_can() && !world.completed_at) {
    world.broke("the dead let go: somebody is alive and well, and yet not all is done");
  }
  ending.schedule = choices.made();
  ending.step_count = scheduler.step_count();
  host.tell = nullptr;
  scheduler.after_step = nullptr;
  scheduler.finish();
  return ending;
}

}  // namespace tidegate::simulation
