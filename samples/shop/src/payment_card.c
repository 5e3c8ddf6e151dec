/* Cards, as the acquirer's test gateway answers: a number that checks out is good for the money. */
#include "shop.h"

/* The check digit of ISO/IEC 7812. */
static int card_is_valid(const char *number) {
  int sum = 0, n_digits = 0;
  for (size_t i = strlen(number); i > 0; i--) {
    char c = number[i - 1];
    if (c == ' ') continue;
    if (!isdigit((unsigned char)c)) return 0;
    int digit = c - '0';
    if (n_digits++ % 2 == 1) {
      digit *= 2;
      if (digit > 9) digit -= 9;
    }
    sum += digit;
  }
  return n_digits >= 12 && sum % 10 == 0;
}

static int card_charge(const char *account, long cents) {
  static int n_refused_in_a_row;
  if (card_is_valid(account)) {
    __atomic_store_n(&n_refused_in_a_row, 0, __ATOMIC_RELAXED);
    log_debug("card: charged %ld", cents);
    return 0;
  }
  if (__atomic_add_fetch(&n_refused_in_a_row, 1, __ATOMIC_RELAXED) == 20)
    log_notice("twenty cards refused in a row: is the gateway well?");
  return 1;
}

static int card_refund(const char *account UNUSED, long cents) {
  log_debug("card: gave back %ld", cents);
  return 0;
}

const struct payment_provider payment_card = {
    .name = "card",
    .title = "Credit card",
    .max_cents = 500000,
    .charge = card_charge,
    .refund = card_refund,
};
