/* Opening the price catalogue for commands. */
#ifndef CLEAVE_CLI_CATALOGUE_H
#define CLEAVE_CLI_CATALOGUE_H

#include <glib.h>

#include "cost/catalogue.h"

struct context;

/* The shipped catalogue, and over it the folder own (may be NULL). */
struct catalogue *catalogue_open(struct context *context, const char *own, GError **error);

/* "YYYY-MM-DD" in UTC; free with g_free. */
char *catalogue_today(void);

#endif
