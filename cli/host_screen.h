/* What `cleave host` shows while it runs: a live table on a terminal, JSON lines elsewhere. */
#ifndef CLEAVE_CLI_HOST_SCREEN_H
#define CLEAVE_CLI_HOST_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

#include "splitter/host/host.h"

struct host_screen {
  FILE *stream;
  bool is_live;     /* a terminal: the table is drawn over itself */
  bool is_quiet;    /* nothing at all */
  unsigned n_lines; /* of the table that stands on the terminal */
};

void host_screen_init(struct host_screen *screen, FILE *stream, bool is_quiet);

/* One event: a JSON line, or a line above the table. WHAT is "output", "instance", "listening" ...
 */
void host_screen_say(struct host_screen *screen, const char *function, const char *what,
                     const char *detail);

/* The end of an invocation: a JSON line; on a terminal only failures are said. */
void host_screen_result(struct host_screen *screen, const struct invocation_result *result);

/* Draws the table of the first N functions that were ever used or are alive. */
void host_screen_draw(struct host_screen *screen, struct host *host, size_t n);

/* Leaves the table on the screen and the cursor below it. */
void host_screen_finish(struct host_screen *screen);

#endif
