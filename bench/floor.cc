// A bare libpq client, the floor that Tidegate is measured against.
//
//   bench_floor read URL SQL        connects and reads the rows of one statement
//   bench_floor pipeline URL FILE   connects and sends every line of FILE as a statement, all
//   ahead,
//                                   with one Sync at the end

#include <libpq-fe.h>
#include <poll.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <string_view>

namespace {

[[noreturn]] void die(PGconn* connection, const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, PQerrorMessage(connection));
  std::exit(1);
}

int read_rows(PGconn* connection, const char* sql) {
  PGresult* const result = PQexec(connection, sql);
  if (PQresultStatus(result) != PGRES_TUPLES_OK) die(connection, "read");
  std::size_t size_bytes = 0;
  for (int row = 0; row < PQntuples(result); ++row) {
    for (int column = 0; column < PQnfields(result); ++column) {
      size_bytes += std::strlen(PQgetvalue(result, row, column));
    }
  }
  std::printf("%d rows, %zu bytes\n", PQntuples(result), size_bytes);
  PQclear(result);
  return 0;
}

// Takes what has arrived. Returns false at the Sync.
bool take_results(PGconn* connection) {
  if (PQconsumeInput(connection) == 0) die(connection, "receive");
  while (PQisBusy(connection) == 0) {
    PGresult* const result = PQgetResult(connection);
    if (result == nullptr) continue;
    const ExecStatusType status = PQresultStatus(result);
    PQclear(result);
    if (status == PGRES_PIPELINE_SYNC) return false;
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) die(connection, "statement");
  }
  return true;
}

int send_all(PGconn* connection, const char* path) {
  std::ifstream file(path);
  if (!file || PQenterPipelineMode(connection) == 0 || PQsetnonblocking(connection, 1) != 0) {
    die(connection, path);
  }
  std::string line;
  while (std::getline(file, line)) {
    if (PQsendQueryParams(connection, line.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 0) ==
        0) {
      die(connection, "send");
    }
    // Keeps the server's answers from filling both buffers.
    if (PQflush(connection) == 1) take_results(connection);
  }
  if (PQpipelineSync(connection) == 0) die(connection, "sync");
  bool open = true;
  while (open) {
    const bool unsent = PQflush(connection) == 1;
    pollfd waited{PQsocket(connection), static_cast<short>(POLLIN | (unsent ? POLLOUT : 0)), 0};
    poll(&waited, 1, -1);
    open = take_results(connection);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fputs("usage: bench_floor read URL SQL | bench_floor pipeline URL FILE\n", stderr);
    return 2;
  }
  PGconn* const connection = PQconnectdb(argv[2]);
  if (PQstatus(connection) != CONNECTION_OK) die(connection, "connect");
  const std::string_view verb = argv[1];
  const int code = verb == "read" ? read_rows(connection, argv[3]) : send_all(connection, argv[3]);
  PQfinish(connection);
  return code;
}
