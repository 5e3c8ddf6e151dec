/* Parts of a bill as JSON values, for documents that hold more than one bill. */
#ifndef CLEAVE_COST_BILL_JSON_H
#define CLEAVE_COST_BILL_JSON_H

#include <jansson.h>

#include "cost/bill.h"

/* New references. Decimals are strings, so that no reader turns money into binary fractions. */
json_t *bill_json_decimal(const struct decimal *value);
json_t *bill_json_money(const struct decimal *value);
json_t *bill_json_line(const struct bill_line *line);

/* A document on one line with a newline at its end; takes the reference. Free with g_free. */
char *bill_json_text(json_t *root);

#endif
