/* Help, from the table of commands. */
#ifndef CLEAVE_CLI_HELP_H
#define CLEAVE_CLI_HELP_H

#include "cli/command.h"

/* The list of commands. */
char *help_overview(void);

/* What COMMAND does and its options; IS_LONG adds the description. New strings. */
char *help_command(const struct command *command, bool is_long);

#endif
