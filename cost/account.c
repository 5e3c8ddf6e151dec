#include "cost/account.h"

#include <string.h>

#include "cost/error.h"

struct use {
  enum section section;
  const char *name;
  const char *plan;
  const char *item;
  const char *region;
  const char *note;
  const struct meter *meter;
  const struct price *price;
  const struct decimal *quantity;
  const struct decimal *granted; /* units taken off */
  const struct decimal *money;   /* USD taken off */
};

struct account {
  const struct catalogue *catalogue;
  bool has_free_tier;
  GPtrArray *uses; /* struct use * */
};

struct account *account_new(const struct catalogue *catalogue, bool has_free_tier)
{
  struct account *account = g_new0(struct account, 1);
  account->catalogue = catalogue;
  account->has_free_tier = has_free_tier;
  account->uses = g_ptr_array_new_with_free_func(g_free);
  return account;
}

void account_free(struct account *account)
{
  if (account == NULL) {
    return;
  }
  g_ptr_array_unref(account->uses);
  g_free(account);
}

bool account_use(struct account *account, enum section section, const char *name, const char *plan,
                 const char *item, const struct meter *meter, const char *region,
                 const struct decimal *quantity, const char *note, GError **error)
{
  const struct price *price = catalogue_price(account->catalogue, meter, region);
  if (price == NULL) {
    g_set_error(error, COST_ERROR, COST_ERROR_INPUT, "plan '%s' has no price for %s in region '%s'",
                plan, item, region);
    return false;
  }
  struct use *use = g_new0(struct use, 1);
  use->section = section;
  use->name = name;
  use->plan = plan;
  use->item = item;
  use->region = region;
  use->note = note;
  use->meter = meter;
  use->price = price;
  use->quantity = quantity;
  g_ptr_array_add(account->uses, use);
  return true;
}

static const struct decimal *first_price(const struct use *use)
{
  const struct price_tier *tier = use->price->tiers->pdata[0];
  return tier->price;
}

static gint compare_dearest(gconstpointer a, gconstpointer b)
{
  return -decimal_compare(first_price(*(struct use *const *)a),
                          first_price(*(struct use *const *)b));
}

static bool grant_covers(const struct grant *grant, const struct meter *meter)
{
  return g_ptr_array_find_with_equal_func(grant->meters, meter->id, g_str_equal, NULL);
}

/* Stable: g_ptr_array_sort is a merge sort that keeps equal elements in their order. */
static void give_grant(const struct account *account, struct decimal_pool *pool,
                       const struct grant *grant)
{
  const struct decimal *rest = grant->amount;
  g_autoptr(GPtrArray) uses = g_ptr_array_new();
  for (unsigned int i = 0; i < account->uses->len; i++) {
    struct use *use = account->uses->pdata[i];
    if (grant_covers(grant, use->meter)) {
      g_ptr_array_add(uses, use);
    }
  }
  if (!grant->is_money) {
    g_ptr_array_sort(uses, compare_dearest);
  }
  for (unsigned int i = 0; i < uses->len; i++) {
    struct use *use = uses->pdata[i];
    const struct decimal *open = decimal_subtract(pool, use->quantity, use->granted);
    if (grant->is_money) {
      open = decimal_subtract(pool, decimal_multiply(pool, open, first_price(use)), use->money);
    }
    const struct decimal *given = decimal_min(rest, open);
    rest = decimal_subtract(pool, rest, given);
    if (grant->is_money) {
      use->money = decimal_add(pool, use->money, given);
    } else {
      use->granted = decimal_add(pool, use->granted, given);
    }
  }
}

static gint compare_grants(gconstpointer a, gconstpointer b)
{
  const struct grant *left = *(const struct grant *const *)a;
  const struct grant *right = *(const struct grant *const *)b;
  return strcmp(left->id, right->id);
}

static void give_grants(const struct account *account, struct decimal_pool *pool)
{
  g_autoptr(GPtrArray) grants = g_ptr_array_new();
  GHashTableIter iterator;
  gpointer grant = NULL;
  g_hash_table_iter_init(&iterator, account->catalogue->grants);
  while (g_hash_table_iter_next(&iterator, NULL, &grant)) {
    g_ptr_array_add(grants, grant);
  }
  g_ptr_array_sort(grants, compare_grants);
  for (unsigned int i = 0; i < grants->len; i++) {
    give_grant(account, pool, grants->pdata[i]);
  }
}

static void write_line(struct bill *bill, const struct use *use, unsigned int tier_index,
                       const struct decimal *quantity, const struct decimal *granted)
{
  const struct price_tier *tier = use->price->tiers->pdata[tier_index];
  const struct decimal *exact = decimal_multiply(bill->pool, quantity, tier->price);
  if (tier_index == 0 && decimal_sign(use->money) > 0) {
    const struct decimal *given = decimal_divide(bill->pool, use->money, tier->price);
    exact = decimal_subtract(bill->pool, exact, use->money);
    quantity = decimal_subtract(bill->pool, quantity, given);
    granted = given;
  }
  const struct bill_line line = {
      .section = use->section,
      .name = use->name,
      .plan = use->plan,
      .region = use->region,
      .item = use->item,
      .tier = tier_index + 1,
      .quantity = quantity,
      .free = granted,
      .unit = use->meter->unit,
      .unit_price = tier->price,
      .exact = exact,
      .source = use->price->source->title,
      .as_of = use->price->source->as_of,
      .note = use->price->note[0] != '\0' ? use->price->note : use->note,
  };
  bill_add(bill, &line);
}

/* Splits a use over the tiers, from where the account's earlier uses of the price ended. */
static const struct decimal *write_tiers(struct bill *bill, const struct use *use,
                                         const struct decimal *start)
{
  const struct decimal *zero = decimal_from_int(bill->pool, 0);
  const struct decimal *rest = decimal_subtract(bill->pool, use->quantity, use->granted);
  const struct decimal *granted = use->granted;
  bool has_line = false;
  for (unsigned int i = 0; i < use->price->tiers->len; i++) {
    const struct price_tier *tier = use->price->tiers->pdata[i];
    const struct decimal *here = rest;
    if (tier->up_to != NULL) {
      const struct decimal *room =
          decimal_max(zero, decimal_subtract(bill->pool, tier->up_to, start));
      here = decimal_min(rest, room);
    }
    bool is_last = i + 1 == use->price->tiers->len;
    if (decimal_sign(here) > 0 || (!has_line && (is_last || decimal_sign(rest) == 0))) {
      write_line(bill, use, i, here, granted);
      granted = zero;
      has_line = true;
    }
    start = decimal_add(bill->pool, start, here);
    rest = decimal_subtract(bill->pool, rest, here);
    if (decimal_sign(rest) == 0 && has_line) {
      break;
    }
  }
  return start;
}

void account_settle(const struct account *account, struct bill *bill)
{
  g_autoptr(GHashTable) used = g_hash_table_new(g_direct_hash, g_direct_equal);
  const struct decimal *zero = decimal_from_int(bill->pool, 0);
  for (unsigned int i = 0; i < account->uses->len; i++) {
    struct use *use = account->uses->pdata[i];
    use->granted = zero;
    use->money = zero;
  }
  if (account->has_free_tier) {
    give_grants(account, bill->pool);
  }
  for (unsigned int i = 0; i < account->uses->len; i++) {
    const struct use *use = account->uses->pdata[i];
    const struct decimal *start = g_hash_table_lookup(used, use->price);
    start = write_tiers(bill, use, start != NULL ? start : zero);
    g_hash_table_replace(used, (gpointer)use->price, (gpointer)start);
  }
}
