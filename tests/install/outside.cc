// Migrates a database with the installed library: outside URL FOLDER
#include <iostream>

#include "tidegate/database.h"
#include "tidegate/folder.h"

namespace {

class Silent : public tidegate::Reporter {
 public:
  void report(const tidegate::Event&) override {}
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  Silent reporter;
  try {
    tidegate::Database database({.url = argv[1]}, reporter, tidegate::system_clock());
    database.create();
    tidegate::LoadedFolder folder = tidegate::load_folder({.folders = {argv[2]}});
    if (!folder.usable() || !tidegate::check_scripts(folder.set, database.engine()).empty()) {
      return 1;
    }
    const tidegate::MigrateReport report = database.migrate(folder.set, {});
    const tidegate::Status status = database.status(folder.set);
    std::cout << "applied " << report.applied.size() << ", "
              << tidegate::to_string(status.state.verdict) << "\n";
    return report.applied.size() == 1 && tidegate::is_open(status.state.verdict) ? 0 : 1;
  } catch (const tidegate::Error& error) {
    std::cerr << error.message << "\n";
    return 1;
  }
}
