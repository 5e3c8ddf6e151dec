/* A copy of a source file in which the definitions of some routines are renamed, so that their
 * names are free for proxies: calls from the file itself go to the proxy, too. `#line` keeps every
 * message and every breakpoint at the original's lines.
 *
 * Reads C as text, without preprocessing; what cannot be found as text is refused, never guessed.
 */
#ifndef CLEAVE_GENERATE_PROXY_COPY_H
#define CLEAVE_GENERATE_PROXY_COPY_H

#include <glib.h>

#include "store/facts.h"

/* "cleave_local_NAME". A new string. */
char *proxy_copy_name(const char *routine);

/* Where a definition stands in the text. */
struct definition {
  const struct fact_routine *routine;
  gsize start; /* of its first specifier */
  gsize name;
  gsize end;  /* behind the closing parenthesis of the parameters */
  guint line; /* of start */
};

/* Finds the definition of ROUTINE in TEXT. NULL, or why it cannot be renamed: a new string.
 * O(size of the text). */
char *proxy_copy_find(const char *text, const struct fact_routine *routine,
                      struct definition *definition);

/* The copy of TEXT, which is FILE, with the definitions (struct definition) renamed; each is
 * declared under its old name before. A new string that ends with a line feed. */
char *proxy_copy_make(const char *text, const char *file, const GArray *definitions);

#endif
