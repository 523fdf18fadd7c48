#include <fmt/format.h>

#include "cli/all_commands.h"
#include "cli/show_plan.h"
#include "cli/targets.h"
#include "report/plan_report.h"
#include "report/printable.h"

namespace tidegate::cli {
namespace {

void print_text(Context& context, const TargetDatabase& target, const Plan& plan,
                std::size_t target_count) {
  for (const Finding& finding : plan.warnings) target.reporter->report({{}, Found{finding}});
  for (const Finding& finding : plan.blocks) target.reporter->report({{}, Found{finding}});
  if (context.options.loudness == Loudness::quiet) return;
  std::string text;
  if (target_count > 1) text = fmt::format("-- database {}\n", printable(target.name()));
  context.reporter.print(text + plan_text(plan, context.palette));
}

}  // namespace

ExitCode show_plan(Context& context) {
  const Options& options = context.options;
  context.signals.end_at_once([&] { context.reporter.clear(); });
  std::vector<TargetDatabase> targets =
      open_targets(context, Schemas::each, context.signals.stop());
  const MigrationSet set = load_migrations(context);
  require_known_target(set, options.migrate.policy);
  const bool json = options.json == Switch::on || options.log_format == ReportFormat::json;
  std::vector<ExitCode> codes;
  std::vector<MigrationSet> sets;  // the plans point into them
  sets.reserve(targets.size());
  std::vector<DatabasePlan> plans;
  for (TargetDatabase& target : targets) {
    try {
      sets.push_back(checked(context, set, target.database.engine()));
      Plan plan = target.database.plan(sets.back(), options.migrate.policy);
      if (!json) print_text(context, target, plan, targets.size());
      codes.push_back(plan.blocked() ? ExitCode::blocked : ExitCode::done);
      plans.push_back({target.name(), target.schema, std::move(plan)});
    } catch (const Error& error) {
      codes.push_back(tell_end(context, *target.reporter, error));
    }
  }
  if (json) context.reporter.print(plan_json(plans));
  return worst(codes);
}

const Command kPlanCommand = {
    .name = "plan",
    .summary = "print what migrate would do, statement by statement",
    .description =
        "Prints the migrations that 'migrate' would apply, with their statements. Takes no lock, "
        "writes nothing and needs to read only. Exits 7 when a person has to decide first.",
    .run = show_plan,
};

}  // namespace tidegate::cli
