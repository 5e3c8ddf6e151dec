/* Money: a table of payment providers, and who wants to know when something was paid. */
#pragma once

#include "request.h"

struct payment_provider {
  const char *name;
  const char *title;
  long max_cents; /* 0: no limit */
  /* 0 paid, 1 refused */
  int (*charge)(const char *account, long cents);
  int (*refund)(const char *account, long cents);
};

typedef void (*payment_observer_fn)(long order_id, const char *provider, long cents, int is_paid);

extern const struct payment_provider payment_card;
extern const struct payment_provider payment_invoice;
extern const struct payment_provider payment_voucher;

void payment_observe(payment_observer_fn observer);

/* 0 paid, 1 refused, -1 on an error or an unknown provider.
 * Belongs into the transaction of the caller. */
int payment_charge(long order_id, const char *provider, const char *account, long cents);
int payment_refund(long order_id);

int payment_list_providers(struct request *request, struct response *response);
int payment_show_voucher(struct request *request, struct response *response);
