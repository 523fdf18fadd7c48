#pragma once

#include <span>
#include <string>

#include "report/palette.h"
#include "tidegate/database.h"

namespace tidegate {

/// What was seen of one database (and schema).
struct DatabaseStatus {
  std::string database;  ///< for people, without its password
  std::string schema;    ///< the tenant, or empty
  Status status;
};

/// The table of one database for people: header, migrations, verdict, in whole lines.
std::string status_text(const MigrationSet& set, const DatabaseStatus& seen,
                        const Palette& palette);

/// All databases as one JSON document, as docs/schemas/status.schema.json has it.
std::string status_json(const MigrationSet& set, std::span<const DatabaseStatus> seen);

/// The verdict that matters most of several: the one a person has to hear of first.
Verdict gravest(std::span<const DatabaseStatus> seen);

}  // namespace tidegate
