/* Help, from the table of commands. */
#ifndef CLEAVE_CLI_HELP_H
#define CLEAVE_CLI_HELP_H

#include "cli/command.h"

/* The list of commands. */
char *help_overview(void);

/* What COMMAND does and its options; IS_LONG adds the description. New strings. */
char *help_command(const struct command *command, bool is_long);

/* Parts of help that the reference and the manual pages say too. New strings. */
char *help_usage(const struct command *command);
char *help_sentence(const char *summary); /* with a capital */
char *help_option_name(const struct option *option);
char *help_option_about(const struct command *command, const struct option *option);

/* Paragraphs of a description; one that begins with two blanks is kept as it is. char *, the caller
 * frees the array. */
GPtrArray *help_paragraphs(const char *description);

/* Appends the words of TEXT in lines of 79 columns; lines after the first begin at INDENT, and the
 * first one goes on at COLUMN. */
void help_append_wrapped(GString *out, const char *text, unsigned indent, unsigned column);

#endif
