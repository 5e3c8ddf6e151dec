/* Prices for the report page's calculator, read from the catalogue. */
#ifndef CLEAVE_CLI_PAGE_PRICES_H
#define CLEAVE_CLI_PAGE_PRICES_H

#include "cli/command.h"

/* Plans of functions and machines in their clouds' default regions: struct prices_plan * of
 * reports/prices.h. NULL and ERROR when the catalogue of --catalogue cannot be read. */
GPtrArray *page_prices_read(const struct context *context, GError **error);

#endif
