/* The data of the report page as JSON: columns instead of rows where there are many. */
#ifndef CLEAVE_REPORTS_PAGE_DATA_H
#define CLEAVE_REPORTS_PAGE_DATA_H

#include "reports/page.h"

/* JSON text in which '<' is written as an escape, so that it cannot end a script element. The
 * format is private to the page. New string. */
char *page_data(const struct model *model, const struct page_options *options);

#endif
