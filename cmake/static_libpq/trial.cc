// Whether a static libpq links: it takes in all that connecting needs.
#include <libpq-fe.h>

int main(int, char** argv) {
  PGconn* const connection = PQconnectdb(argv[0]);
  PQenterPipelineMode(connection);
  PGcancel* const cancel = PQgetCancel(connection);
  PQcancel(cancel, nullptr, 0);
  PQfreeCancel(cancel);
  PQfinish(connection);
  return 0;
}
