/* Sections of the report page that are written by page.c's neighbours. */
#ifndef CLEAVE_REPORTS_PAGE_PARTS_H
#define CLEAVE_REPORTS_PAGE_PARTS_H

#include "reports/html.h"
#include "reports/model.h"

/* Opens a section with its heading; ABOUT (or NULL) stands under it. The caller closes it. */
void page_open_section(struct html *html, const char *id, const char *heading, const char *about);

/* Headline figures, bills and completeness. VERSION is that of the tool that makes the page. */
void page_overview(struct html *html, const struct model *model, const char *version);

/* In which order services are taken out. */
void page_migration(struct html *html, const struct model *model);

/* A bar of N_PARTS parts of a whole; KINDS are the classes of their colours. TITLE says it in
 * words. A whole of 0 gives an empty bar. */
void page_bar(struct html *html, const char *title, const double *parts, const char *const *kinds,
              size_t n_parts, double whole);

#endif
