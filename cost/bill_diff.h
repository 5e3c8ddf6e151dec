/* What changed between two bills: amounts by section, name, plan and item, all tiers together. */
#ifndef CLEAVE_COST_BILL_DIFF_H
#define CLEAVE_COST_BILL_DIFF_H

#include <glib.h>
#include <stdbool.h>

#include "cost/bill.h"

struct bill_change {
  enum section section;
  const char *name;
  const char *plan;
  const char *item;
  const struct decimal *before; /* USD, zero when it is not there */
  const struct decimal *after;
};

struct bill_diff {
  struct decimal_pool *pool;
  GPtrArray
      *changes; /* struct bill_change *, where the amounts differ: by section, name, plan, item */
  const struct decimal *before; /* totals of all sections */
  const struct decimal *after;
};

/* Names belong to the bills, which must outlive the result. O(lines log lines). */
struct bill_diff *bill_diff_new(const struct bill *before, const struct bill *after);
void bill_diff_free(struct bill_diff *diff);
typedef struct bill_diff bill_diff_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(bill_diff_t, bill_diff_free)

/* Each a new string; free with g_free. */
char *bill_diff_table(const struct bill_diff *diff);
char *bill_diff_json(const struct bill_diff *diff);
char *bill_diff_csv(const struct bill_diff *diff);

#endif
