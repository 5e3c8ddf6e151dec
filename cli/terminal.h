/* The terminal: its width, whether it takes colour, and text made safe for it. */
#ifndef CLEAVE_CLI_TERMINAL_H
#define CLEAVE_CLI_TERMINAL_H

#include <stdbool.h>
#include <stdio.h>

/* TEXT as valid UTF-8 without control characters, escape sequences or direction marks: each becomes
 * \xNN or \u{N}. Line feeds and tabs stay. Returns a new string. */
char *terminal_escape(const char *text);

/* Columns of the terminal behind FILE, or 0 when it is none. */
unsigned terminal_width(FILE *file);

/* True when colour is wanted: WHEN is "always", "never" or "auto" (or NULL: auto). */
bool terminal_has_color(FILE *file, const char *when);

#endif
