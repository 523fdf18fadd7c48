#include <fmt/format.h>

#include "base/hash.h"
#include "plan/blocks.h"
#include "tidegate/plan.h"

namespace tidegate {

namespace {

const Version* newest(const MigrationSet& set) {
  return set.migrations.empty() ? nullptr : &set.migrations.back().version;
}

std::string title(const Migration& migration) {
  return title_of(migration.version, migration.name);
}

std::string title(const Record& record) { return title_of(record.version, record.name); }

// A recorded version above the newest file isn't missing: the database is ahead of this build.
void find_missing_files(const MigrationSet& set, const History& history, Plan& plan) {
  const Version* own = newest(set);
  if (own == nullptr) return;
  for (const Record& record : history.records) {
    if (set.find(record.version) != nullptr || *own < record.version) continue;
    plan.warnings.push_back({Severity::warning,
                             "missing_file",
                             {},
                             fmt::format("{} is applied, but its file is missing", title(record)),
                             "restore the file from version control"});
  }
}

void find_late_comers(const History& history, Order order, Plan& plan) {
  if (history.records.empty()) return;
  const Record& last = history.records.back();
  for (const Step& step : plan.steps) {
    if (!(step.migration->version < last.version)) continue;
    Finding finding{
        Severity::warning,
        "out_of_order",
        {step.migration->up.file},
        fmt::format("{} is older than {}, which is already applied", title(*step.migration),
                    title(last)),
        "give it a newer version if it depends on what came after, or if strict order is wanted"};
    if (order == Order::strict) {
      finding.severity = Severity::error;
      plan.blocks.push_back(std::move(finding));
    } else {
      plan.warnings.push_back(std::move(finding));
    }
  }
}

[[noreturn]] void refuse_unknown_target(const Version& version) {
  throw Error(ErrorCode::usage, fmt::format("there is no migration of version {}", version.text()),
              "'tidegate status' lists the versions");
}

bool wanted(PhaseFilter filter, Phase phase) {
  return filter == PhaseFilter::all || (filter == PhaseFilter::expand) == (phase == Phase::expand);
}

// Whether a version lies inside the target, going up or down.
bool inside(const Target& target, Direction direction, const Version& version) {
  switch (target.kind) {
    case Target::Kind::all:
    case Target::Kind::step:
      return true;
    case Target::Kind::to:
      return direction == Direction::up ? version <= target.version : target.version <= version;
    case Target::Kind::to_exclusive:
      return direction == Direction::up ? version < target.version : target.version < version;
  }
  return false;
}

bool full(const Target& target, const Plan& plan) {
  return target.kind == Target::Kind::step && plan.steps.size() >= target.step_count;
}

void plan_up(const MigrationSet& set, const History& history, const Policy& policy, Plan& plan) {
  for (const Migration& migration : set.migrations) {
    if (full(policy.target, plan)) break;
    if (const JournalEntry* entry = undo_in_progress(history, migration.version)) {
      plan.blocks.push_back(half_reverted_finding(migration, *entry));
    }
    if (history.find(migration.version) != nullptr) continue;
    if (!wanted(policy.phase, migration.up.directives.phase)) continue;
    if (inside(policy.target, Direction::up, migration.version)) {
      plan.steps.push_back({&migration, Direction::up});
    }
  }
}

void plan_down(const MigrationSet& set, const History& history, const Policy& policy, Plan& plan) {
  for (auto record = history.records.rbegin(); record != history.records.rend(); ++record) {
    if (full(policy.target, plan)) break;
    if (!inside(policy.target, Direction::down, record->version)) continue;
    const Migration* migration = set.find(record->version);
    if (migration == nullptr) {
      plan.blocks.push_back(
          {Severity::error,
           "missing_file",
           {},
           fmt::format("{} can't be reverted: its file is missing", title(*record)),
           "restore the file from version control, or run the build that has it"});
    } else if (!migration->down) {
      plan.blocks.push_back(
          {Severity::error,
           "no_down",
           {migration->up.file},
           fmt::format("{} can't be reverted: it has no .down.sql", title(*migration)),
           "write the file that undoes it, or write a new migration that does"});
    } else {
      plan.steps.push_back({migration, Direction::down});
    }
  }
}

// Where an unfinished migration outside a transaction stands, statement by statement.
class Resumption {
 public:
  Resumption(const History& history, const Step& step) : step_(step) {
    for (const JournalEntry& entry : history.journal) {
      if (entry.version == step.migration->version) entries_.push_back(&entry);
    }
  }

  void settle(Step& step, Plan& plan) const {
    for (const JournalEntry* entry : entries_) {
      if (entry->direction != step_.direction) return block_other_direction(*entry, plan);
      if (entry->state == JournalEntry::State::started) return block_interrupted(*entry, plan);
      if (entry->state == JournalEntry::State::failed) continue;
      if (changed(*entry)) return block_changed(*entry, plan);
      step.statements_done = entry->statement;
    }
  }

 private:
  bool changed(const JournalEntry& entry) const {
    const Statement* statement = statement_of(step_.script(), entry);
    return statement == nullptr || sha256_hex(step_.script().text_of(*statement)) != entry.checksum;
  }

  Place place_of(const JournalEntry& entry) const {
    const Statement* statement = statement_of(step_.script(), entry);
    return statement == nullptr ? Place{step_.script().file} : step_.script().place_of(*statement);
  }

  void block_changed(const JournalEntry& entry, Plan& plan) const {
    plan.blocks.push_back(
        {Severity::error, "edited_in_progress", place_of(entry),
         fmt::format("{} is half done, and its statement {}, which has run, was edited since",
                     title(*step_.migration), entry.statement),
         "restore the statement as it ran; later statements may be changed"});
  }

  void block_interrupted(const JournalEntry& entry, Plan& plan) const {
    plan.blocks.push_back(interrupted_finding(*step_.migration, step_.script(), entry));
  }

  void block_other_direction(const JournalEntry& entry, Plan& plan) const {
    const bool up = entry.direction == Direction::up;
    plan.blocks.push_back(
        {Severity::error, "half_done", place_of(entry),
         fmt::format("{} is half {}", title(*step_.migration), up ? "applied" : "reverted"),
         up ? "finish it with 'tidegate migrate' first"
            : "finish it with 'tidegate rollback' first"});
  }

  const Step& step_;
  std::vector<const JournalEntry*> entries_;
};

void check_target(const MigrationSet& set, const History& history, const Target& target) {
  if (target.kind != Target::Kind::to && target.kind != Target::Kind::to_exclusive) return;
  if (set.find(target.version) == nullptr && history.find(target.version) == nullptr) {
    refuse_unknown_target(target.version);
  }
}

}  // namespace

Plan make_plan(const MigrationSet& set, const History& history, const Policy& policy) {
  check_target(set, history, policy.target);
  Plan plan;
  plan.blocks = find_blocks(set, history);
  find_missing_files(set, history, plan);
  if (policy.direction == Direction::up) {
    plan_up(set, history, policy, plan);
    find_late_comers(history, policy.order, plan);
  } else {
    plan_down(set, history, policy, plan);
  }
  for (Step& step : plan.steps) Resumption(history, step).settle(step, plan);
  if (plan.blocked()) plan.steps.clear();
  return plan;
}

}  // namespace tidegate
