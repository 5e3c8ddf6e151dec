/* What visitors click on. */
#pragma once

#include "request.h"

int track_click(struct request *request, struct response *response);
int track_summary(struct request *request, struct response *response);
