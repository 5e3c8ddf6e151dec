/* Vouchers: money that the shop keeps itself. */
#include "shop.h"

static int voucher_charge(const char *account, long cents) {
  return db_exec_one("UPDATE vouchers SET balance_cents = balance_cents - $1 WHERE code = $2 AND balance_cents >= $1",
                     "is", cents, account);
}

static int voucher_refund(const char *account, long cents) {
  return db_exec_one("UPDATE vouchers SET balance_cents = balance_cents + $1 WHERE code = $2", "is", cents, account);
}

const struct payment_provider payment_voucher = {
    .name = "voucher",
    .title = "Voucher",
    .charge = voucher_charge,
    .refund = voucher_refund,
};
