/* The report page: one HTML file that holds its data, script and style, and asks nobody for
 * anything. Everything from the analysed code goes into it as text. */
#ifndef CLEAVE_REPORTS_PAGE_H
#define CLEAVE_REPORTS_PAGE_H

#include "reports/levels.h"

struct page_options {
  const char *title;                /* what was analysed, e.g. the name of the root folder */
  const char *version;              /* of the tool that makes the page */
  const struct levels_watch *watch; /* told how far the work is, or NULL */
  const GPtrArray *prices; /* struct prices_plan * for the calculator; empty or NULL: none */
};

/* The page as one string, freed by the caller. Same model and options, same bytes. Layouts run in
 * limited children; the rest is O(rows). */
char *page_make(const struct model *model, const struct page_options *options);

#endif
