/* The command line, parsed by the table of commands. */
#ifndef CLEAVE_CLI_OPTIONS_H
#define CLEAVE_CLI_OPTIONS_H

#include "cli/command.h"

/* Parses ARGUMENTS (after the command's name) into CONTEXT, whose command is set. On failure
 * returns false and sets *MESSAGE to a new string that names the wrong word and the nearest right
 * one. "--" ends options. */
bool options_parse(struct context *context, char **arguments, char **message);

/* Sets OPTION of CONTEXT's command to VALUE (NULL for a flag), as the command line would. On
 * failure returns false and sets *MESSAGE to a new string. */
bool options_set(struct context *context, const struct option *option, const char *value,
                 char **message);

/* All options of COMMAND with the global ones and --format and --json, in the order of help.
 * Pointers into the tables; the caller frees the array. */
GPtrArray *options_of(const struct command *command);

void context_clear(struct context *context);

#endif
