#pragma once

// For the tests of this room.

#include <gtest/gtest.h>

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "run/migrator.h"
#include "tests/support/fake_catalog.h"
#include "tests/support/fake_server.h"

namespace tidegate {

/// One replica and one server, in memory.
class MigratorTest : public testing::Test {
 protected:
  MigrateReport migrate(const MigrationSet& set, const MigrateOptions& options = {}) {
    MigrateReport report;
    with_migrator([&](Migrator& migrator) { migrator.migrate(set, options, report); });
    return report;
  }

  template <typename Use>
  void with_migrator(const Use& use, Waiting* waits = nullptr) {
    fake::FakeSession session(server, clock);
    const auto make_lock = [&](const Server&) {
      return std::make_unique<fake::FakeLock>(server, "us");
    };
    const fake::FakeHistoryReader reader(server);
    const auto make_writer = [](const std::string&) {
      return std::make_unique<fake::FakeHistoryWriter>();
    };
    Migrator migrator({session, make_lock, make_lock, reader, make_writer, reporter, clock,
                       stop.get_token(), "db", "us:1", "", waits, &catalog});
    use(migrator);
  }

  std::vector<std::string> recorded() const {
    std::vector<std::string> versions;
    for (const Record& record : server.history.records) versions.push_back(record.version.text());
    return versions;
  }

  std::stop_source stop;
  fake::FakeServer server;
  fake::FakeClock clock;
  fake::FakeReporter reporter;
  fake::FakeCatalog catalog;
};

}  // namespace tidegate
