/* Sources that begin with a header which begins with another one: the second is what they begin
 * with, as far as sharing it goes.
 *
 * Looks at texts alone; that the guards on the way mean nothing to what is shared is for whoever
 * uses it to see. */
#ifndef CLEAVE_ANALYZER_PREFIXES_NESTED_H
#define CLEAVE_ANALYZER_PREFIXES_NESTED_H

#include <glib.h>

struct nested_prefix {
  char *header;      /* real path of the header that comes first */
  GPtrArray *guards; /* char *: macros that are defined on the way to it */
};

/* The first of HEADERS (real paths) at the beginning of SOURCE, inside of one or more headers that
 * lie in the same folder and have nothing but their guards before it. NULL where there is none.
 * Free with nested_prefix_free(). */
struct nested_prefix *nested_prefix_find(const char *source, GHashTable *headers);
void nested_prefix_free(gpointer nested);

#endif
