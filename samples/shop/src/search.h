/* Finds products by words and remembers what people look for. */
#pragma once

#include "request.h"

int search_query(struct request *request, struct response *response);
int search_popular(struct request *request, struct response *response);
void search_forget(void);
