/* What visitors click on. */
#ifndef SHOP_TRACK_H
#define SHOP_TRACK_H

#include "request.h"

int track_click(struct request *request, struct response *response);
int track_summary(struct request *request, struct response *response);

#endif
