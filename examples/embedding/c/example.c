/* Migrates before a service would start: example URL FOLDER */
#include <stdio.h>
#include <tidegate.h>

static void hear(void *context, const char *line) { fprintf((FILE *)context, "%s\n", line); }

int main(int argc, char **argv) {
  if (argc != 3) return TIDEGATE_USAGE;
  tidegate_gate *gate = tidegate_new(argv[1], argv[2]);
  if (gate == NULL) return TIDEGATE_FAILED;
  tidegate_listen(gate, hear, stderr);
  tidegate_set(gate, "timeout", "30s");
  int code = tidegate_migrate(gate);
  if (code == TIDEGATE_DONE) code = tidegate_check(gate);
  if (code == TIDEGATE_DONE) {
    puts("ready");
  } else {
    fprintf(stderr, "%s\n", tidegate_message(gate));
  }
  tidegate_free(gate);
  return code;
}
