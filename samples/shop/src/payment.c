#include "shop.h"

#define PAYMENT_MAX_OBSERVERS 4

static const struct payment_provider *const payment_providers[] = {
    &payment_card,
    &payment_invoice,
    &payment_voucher,
};

static payment_observer_fn payment_observers[PAYMENT_MAX_OBSERVERS];
static int n_payment_observers;

void payment_observe(payment_observer_fn observer) {
  if (n_payment_observers < PAYMENT_MAX_OBSERVERS) payment_observers[n_payment_observers++] = observer;
}

static const struct payment_provider *payment_find_provider(const char *name) {
  for (size_t i = 0; i < sizeof payment_providers / sizeof *payment_providers; i++)
    if (!strcmp(payment_providers[i]->name, name)) return payment_providers[i];
  return NULL;
}

static void payment_tell(long order_id, const char *provider, long cents, int is_paid) {
  for (int i = 0; i < n_payment_observers; i++) payment_observers[i](order_id, provider, cents, is_paid);
}

int payment_charge(long order_id, const char *provider_name, const char *account, long cents) {
  const struct payment_provider *provider = payment_find_provider(provider_name);
  if (!provider) return -1;
  int is_refused = (provider->max_cents && cents > provider->max_cents) || provider->charge(account, cents) != 0;
  payment_tell(order_id, provider->name, cents, !is_refused);
  if (is_refused) {
    stats.payments_refused++;
    return 1;
  }
  return db_exec_one("INSERT INTO payments (order_id, provider, account, amount_cents, status, at)"
                     " VALUES ($1, $2, $3, $4, 'paid', $5)",
                     "issii", order_id, provider->name, account, cents, (long)clock_now());
}

struct payment_row {
  long id, amount_cents;
  char provider[24];
  char account[64];
};

static int payment_take_row(void *context, const char *const *values) {
  struct payment_row *payment = context;
  payment->id = atol(values[0]);
  str_set(payment->provider, values[1]);
  str_set(payment->account, values[2]);
  payment->amount_cents = atol(values[3]);
  return 0;
}

int payment_refund(long order_id) {
  struct payment_row payment;
  if (db_select_one(payment_take_row, &payment,
                    "SELECT id, provider, account, amount_cents FROM payments WHERE order_id = $1 AND status = 'paid'",
                    "i", order_id) != 0)
    return -1;
  const struct payment_provider *provider = payment_find_provider(payment.provider);
  if (!provider || provider->refund(payment.account, payment.amount_cents) != 0) {
    log_error("order %ld: refund through %s failed", order_id, payment.provider);
    return -1;
  }
  return db_exec_one("UPDATE payments SET status = 'refunded' WHERE id = $1", "i", payment.id);
}

int payment_list_providers(struct request *request UNUSED, struct response *response) {
  json_write(&response->body, "[");
  for (size_t i = 0; i < sizeof payment_providers / sizeof *payment_providers; i++)
    json_item(&response->body, "{'name':%s,'title':%s,'max_cents':%l}", payment_providers[i]->name,
              payment_providers[i]->title, payment_providers[i]->max_cents);
  json_write(&response->body, "]");
  return 0;
}

int payment_show_voucher(struct request *request, struct response *response) {
  long balance;
  const char *code = request_arg(request, "code");
  if (db_select_long(&balance, "SELECT balance_cents FROM vouchers WHERE code = $1", "s", code) != 0)
    return response_error(response, 404, "no such voucher");
  json_write(&response->body, "{'code':%s,'balance_cents':%l}", code, balance);
  return 0;
}
