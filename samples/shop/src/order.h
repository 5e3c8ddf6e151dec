/* Orders: from a cart to something that is paid for and taken off the shelf. */
#pragma once

#include "price.h"
#include "request.h"

enum order_result {
  ORDER_PLACED,
  ORDER_EMPTY,
  ORDER_NO_SHIPPING,
  ORDER_SOLD_OUT,
  ORDER_NOT_PAID,
  ORDER_FAILED,
};

struct order {
  long id, user_id;
  long total_cents, created_at;
  char status[16];
  char country[4];
};

/* Makes the payments known to the orders. */
int order_init(void);

int order_load(long id, struct order *order);
int order_set_status(long id, const char *from, const char *to);
enum order_result order_place(long user_id, long cart_id, const char *country, const char *provider,
                              const char *account, long *order_id);

/* Lets the customer know. */
int order_mail(const char *template, long order_id);

int order_create(struct request *request, struct response *response);
int order_list(struct request *request, struct response *response);
int order_list_by_token(struct request *request, struct response *response);
int order_show(struct request *request, struct response *response);
int order_cancel(struct request *request, struct response *response);
