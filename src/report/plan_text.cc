#include <fmt/format.h>

#include "report/event_text.h"
#include "report/plan_report.h"
#include "report/printable.h"

namespace tidegate {
namespace {

std::string directives_text(const Script& script) {
  std::string text;
  if (script.directives.transactional == Transactional::no) text += ", not in a transaction";
  if (script.directives.phase == Phase::contract) text += ", contract";
  return text;
}

std::string step_text(const Step& step, const Palette& palette) {
  const Script& script = step.script();
  std::string text = palette.paint(
      Ink::faint,
      fmt::format("-- would {} {}  ({}{})", step.direction == Direction::up ? "apply" : "revert",
                  shown_migration(step.migration->version, step.migration->name),
                  printable(script.file), directives_text(script)));
  text += '\n';
  if (step.statements_done > 0) {
    text += step.statements_done == 1 ? "-- the first statement is done already\n"
                                      : fmt::format("-- the first {} statements are done already\n",
                                                    step.statements_done);
  }
  for (std::size_t i = step.statements_done; i < script.statements.size(); ++i) {
    const Statement& statement = script.statements[i];
    text += palette.paint(Ink::faint, fmt::format("-- line {}", statement.line));
    text += fmt::format("\n{};\n", printable(script.text_of(statement), LineEnds::kept));
  }
  if (script.code) {
    text += "-- a function in C++\n";
  } else if (script.statements.empty()) {
    text += "-- no statements: only recorded\n";
  }
  return text;
}

}  // namespace

std::string plan_text(const Plan& plan, const Palette& palette) {
  std::string text;
  for (const Step& step : plan.steps) text += step_text(step, palette);
  if (plan.steps.empty() && !plan.blocked()) text += "nothing to do\n";
  return text;
}

}  // namespace tidegate
