/* The reference of commands in Markdown, manual pages in roff and completion for shells, all from
 * the table of commands. Pure: prints nothing. */
#ifndef CLEAVE_CLI_REFERENCE_H
#define CLEAVE_CLI_REFERENCE_H

#include "cli/command.h"

/* docs/commands.md. New string. */
char *reference_markdown(void);

/* The manual page of COMMAND in section 1, or of cleave itself when COMMAND is NULL. New string. */
char *reference_manual(const struct command *command);

/* Completion for SHELL: "bash", "zsh" or "fish"; NULL for another one. New string. */
char *reference_completion(const char *shell);

#endif
