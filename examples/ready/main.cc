// The smallest service that is not ready before its database is, on cpp-httplib:
//   ready URL FOLDER PORT
#include <tidegate/adapters/httplib.h>
#include <tidegate/folder.h>

#include <iostream>
#include <string>

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  try {
    const tidegate::DatabaseSettings database{.url = argv[1]};
    const tidegate::LoadedFolder build = tidegate::load_folder({.folders = {argv[2]}});
    tidegate::Readiness readiness(database, build.set);
    tidegate::DevelopmentPage page(database, build, readiness);

    httplib::Server server;
    tidegate::adapters::serve_readiness(server, readiness);
    // In development only: a page with a button instead of errors about missing tables.
    tidegate::adapters::serve_development_page(server, page);
    server.Get("/", [](const httplib::Request&, httplib::Response& response) {
      response.set_content("hello\n", "text/plain");
    });
    return server.listen("127.0.0.1", std::stoi(argv[3])) ? 0 : 1;
  } catch (const tidegate::Error& error) {
    std::cerr << error.message << "\n" << error.hint << "\n";
    return 1;
  }
}
