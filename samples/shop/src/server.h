/* The HTTP side: libmicrohttpd in front of the router. */
#pragma once

#include "request.h"

/* Listens on config.port (0: any free one) and returns the port, or -1. */
int server_start(void);
void server_stop(void);

int page_show(struct request *request, struct response *response);
int health_show(struct request *request, struct response *response);
