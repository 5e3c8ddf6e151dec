/* How much there is of everything, and every move in or out. */
#pragma once

#include "request.h"

/* Takes goods off the shelf: 0, 1 when there are not enough, -1 on an error.
 * Belongs into the transaction of the caller. */
int stock_reserve(long product_id, long quantity, long order_id);
int stock_release(long product_id, long quantity, long order_id);
int stock_add(long product_id, long quantity, const char *reason);
int stock_quantity(long product_id, long *quantity);

int stock_show(struct request *request, struct response *response);
