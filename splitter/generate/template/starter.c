/* Starts a packed program with the loader and the libraries that lie beside it, so that it runs
 * whatever C library the platform has: FOLDER/lib/ld.so --library-path FOLDER/lib FOLDER/function.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROOM 4096

int main(int argc, char **argv)
{
  static char folder[ROOM], loader[ROOM + 32], libraries[ROOM + 32], program[ROOM + 32];
  ssize_t n = readlink("/proc/self/exe", folder, sizeof folder - 1);
  char *slash = n > 0 ? strrchr(folder, '/') : NULL;
  if (!slash) {
    perror("bootstrap: cannot read /proc/self/exe");
    return 1;
  }
  *slash = '\0';
  snprintf(loader, sizeof loader, "%s/lib/ld.so", folder);
  snprintf(libraries, sizeof libraries, "%s/lib", folder);
  snprintf(program, sizeof program, "%s/function", folder);
  char **arguments = calloc((size_t)argc + 5, sizeof *arguments);
  if (!arguments) {
    return 1;
  }
  arguments[0] = loader;
  arguments[1] = "--library-path";
  arguments[2] = libraries;
  arguments[3] = program;
  for (int i = 1; i < argc; i++) {
    arguments[3 + i] = argv[i];
  }
  execv(loader, arguments);
  perror("bootstrap: cannot start the loader");
  return 1;
}
