#include <unistd.h>

#include "cli/program.h"

int main(int argument_count, char** arguments) {
  return tidegate::cli::run_program(argument_count, arguments, environ);
}
