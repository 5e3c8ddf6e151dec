/* Files that commands make for people: written whole or not at all. */
#ifndef CLEAVE_CLI_OUTPUT_H
#define CLEAVE_CLI_OUTPUT_H

#include "cli/command.h"

/* Writes SIZE bytes to PATH; an older file is replaced in one step, and left as it is on failure.
 * Returns an exit code and prints why when it is not EXIT_DONE. */
int output_write(const struct context *context, const char *path, const char *bytes, size_t size);

#endif
