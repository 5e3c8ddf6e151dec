/* Invoices: for small sums, to anybody who gives an address. */
#include "shop.h"

static int invoice_charge(const char *account, long cents UNUSED) { return strlen(account) >= 5 ? 0 : 1; }

static int invoice_refund(const char *account UNUSED, long cents UNUSED) { return 0; }

const struct payment_provider payment_invoice = {
    .name = "invoice",
    .title = "Invoice",
    .max_cents = 30000,
    .charge = invoice_charge,
    .refund = invoice_refund,
};
