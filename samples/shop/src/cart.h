/* Carts: rows in the database, found by number or through the session of who fills them. */
#pragma once

#include "price.h"
#include "request.h"

struct session;

int cart_load(long cart_id, struct lines *lines);
int cart_empty(long cart_id);
/* The end of a session throws its cart away when nothing is in it. */
void cart_session_ended(const struct session *session);

int cart_create(struct request *request, struct response *response);
int cart_show(struct request *request, struct response *response);
int cart_mine(struct request *request, struct response *response);
int cart_add(struct request *request, struct response *response);
int cart_remove(struct request *request, struct response *response);
