/* Finds products by words and remembers what people look for. */
#ifndef SHOP_SEARCH_H
#define SHOP_SEARCH_H

#include "request.h"

int search_query(struct request *request, struct response *response);
int search_popular(struct request *request, struct response *response);
void search_forget(void);

#endif
