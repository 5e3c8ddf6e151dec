/* The comparison as JSON, CSV and a table. It only writes. */
#ifndef CLEAVE_COST_COMPARISON_TEXT_H
#define CLEAVE_COST_COMPARISON_TEXT_H

#include "cost/insight.h"

/* Each a new string; free with g_free. */
char *comparison_json(const struct comparison *comparison, const struct insight *insight);
char *comparison_csv(const struct comparison *comparison);
char *comparison_table(const struct comparison *comparison, const struct insight *insight);

#endif
