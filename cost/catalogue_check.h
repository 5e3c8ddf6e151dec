/* What is wrong or doubtful about a loaded catalogue. Files that cannot be read at all, gaps
 * between tiers and missing units are refused by the reader already.
 */
#ifndef CLEAVE_COST_CATALOGUE_CHECK_H
#define CLEAVE_COST_CATALOGUE_CHECK_H

#include <glib.h>

#include "cost/catalogue.h"

struct finding {
  bool is_problem; /* otherwise a warning: old, undated or unverified */
  char *file;
  unsigned int line;
  char *text;
};

/* struct finding *, by file, line and text; free with g_ptr_array_unref. today is "YYYY-MM-DD":
 * prices older than a year are warned of. */
GPtrArray *catalogue_check(const struct catalogue *catalogue, const char *today);

#endif
