// Migrates a database with migrations that are a part of the program: embedded URL
#include <tidegate/embedded.h>
#include <tidegate/readiness.h>
#include <tidegate/start.h>

#include <iostream>

#include "embedded_migrations.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  try {
    const tidegate::DatabaseSettings database{.url = argv[1]};
    const tidegate::LoadedFolder build = tidegate::load_embedded(embedded_migrations());
    const auto report = tidegate::migrate_at_start(database, build);
    tidegate::Readiness readiness(database, build.set);
    readiness.refresh();
    std::cout << "applied " << report.applied.size() << ", " << readiness.response().status << "\n";
    return report.applied.size() == 1 && readiness.ready() ? 0 : 1;
  } catch (const tidegate::Error& error) {
    std::cerr << error.message << "\n";
    return 1;
  }
}
