#pragma once

#include <span>
#include <string>

#include "report/palette.h"
#include "tidegate/plan.h"

namespace tidegate {

/// What would be done on one database (and schema).
struct DatabasePlan {
  std::string database;  ///< for people, without its password
  std::string schema;    ///< the tenant, or empty
  Plan plan;
};

/// The steps of one plan for people, statement by statement, in whole lines. What a person copies
/// out of it is SQL: all else is comment.
std::string plan_text(const Plan& plan, const Palette& palette);

/// All plans as one JSON document, as docs/schemas/plan.schema.json has it.
std::string plan_json(std::span<const DatabasePlan> plans);

}  // namespace tidegate
