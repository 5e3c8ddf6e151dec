/* The price catalogue: meters with tiered prices per region, free grants and billing plans, each
 * figure with its source and date. It holds and finds; it reads files through catalogue_read and
 * never computes a bill.
 */
#ifndef CLEAVE_COST_CATALOGUE_H
#define CLEAVE_COST_CATALOGUE_H

#include <glib.h>
#include <stdbool.h>

#include "cost/decimal.h"

struct price_source {
  char *id;
  char *title; /* a page, a file, a person's list */
  char *as_of; /* "2025-10-01", or what is known: "2026", "undated" */
};

struct price_tier {
  const struct decimal *up_to; /* cumulative quantity in one billing month; NULL: no end */
  const struct decimal *price; /* for one unit */
};

struct price {
  char *region;                      /* a region, a group of regions, "*" for all of the cloud */
  GPtrArray *tiers;                  /* struct price_tier *, rising, the last without end */
  const struct price_source *source; /* belongs to the catalogue */
  char *note;                        /* "" when there is nothing to say */
  bool is_unverified;
  unsigned int line; /* in the catalogue file */
};

struct meter {
  char *id;
  char *cloud;
  char *unit;
  char *file; /* where it is defined */
  unsigned int line;
  GPtrArray *prices; /* struct price * */
};

/* What is free every month, once per account, over all meters named. Either a quantity of the
 * meters' unit or, where the cloud subtracts it so, an amount of money.
 */
struct grant {
  char *id;
  bool is_money;
  const struct decimal *amount;
  GPtrArray *meters; /* char *: ids of meters */
  const struct price_source *source;
  char *file;
  unsigned int line;
};

struct plan {
  char *name;
  char *cloud;
  char *billing;     /* which arithmetic, see billing.h */
  GHashTable *roles; /* char * role -> char * id of a meter */
  GHashTable *rules; /* char * -> const struct decimal *: steps, minimums, limits */
  GPtrArray *sizes;  /* const struct decimal *, rising: memory sizes in MB that are on sale; empty
                        when any size within the rules is */
  char *note;        /* what the price leaves out; "" when nothing */
  char *file;
  unsigned int line;
};

struct cloud {
  char *name;
  char *default_region;
  GHashTable *regions; /* set of char * */
  GHashTable *groups;  /* char * -> set of char *: regions that share prices */
};

struct catalogue {
  struct decimal_pool *pool;
  GPtrArray *clouds;  /* struct cloud *, by name */
  GHashTable *meters; /* char * -> struct meter * */
  GHashTable *grants; /* char * -> struct grant * */
  GHashTable *plans;  /* char * -> struct plan * */
  GPtrArray *sources; /* struct price_source *, all files together */
};

struct catalogue *catalogue_new(void);
void catalogue_free(struct catalogue *catalogue);
typedef struct catalogue catalogue_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(catalogue_t, catalogue_free)

/* Reads one YAML file into the catalogue. Prices of a meter that is already there are replaced
 * region by region, a grant or plan of the same name as a whole, so that a later folder overrides
 * or extends an earlier one. COST_ERROR_FILE or COST_ERROR_INPUT with file, line and column; the
 * catalogue must be freed then.
 */
bool catalogue_read(struct catalogue *catalogue, const char *path, GError **error);
bool catalogue_read_text(struct catalogue *catalogue, const char *text, gsize length,
                         const char *name, GError **error);

/* Reads all *.yaml of a folder in the order of their names; none at all is an error. */
bool catalogue_read_folder(struct catalogue *catalogue, const char *folder, GError **error);

/* Refuses a grant or plan that names a meter which no file defines. Call it after the last read. */
bool catalogue_resolve(const struct catalogue *catalogue, GError **error);

const struct plan *catalogue_plan(const struct catalogue *catalogue, const char *name);
const struct meter *catalogue_meter(const struct catalogue *catalogue, const char *id);
const struct cloud *catalogue_cloud(const struct catalogue *catalogue, const char *name);

/* The plan's nearest name, NULL when nothing is near. */
const char *catalogue_nearest_plan(const struct catalogue *catalogue, const char *name);

/* Plan names in order; free the array with g_ptr_array_unref, the names belong to the catalogue. */
GPtrArray *catalogue_plan_names(const struct catalogue *catalogue);

/* The price of a meter in a region of its cloud, or NULL. */
const struct price *catalogue_price(const struct catalogue *catalogue, const struct meter *meter,
                                    const char *region);

/* The meter that a plan uses in a role; NULL when it has none. */
const struct meter *catalogue_role(const struct catalogue *catalogue, const struct plan *plan,
                                   const char *role);
/* A rule of the plan; NULL when the catalogue does not state it. */
const struct decimal *plan_rule(const struct plan *plan, const char *name);

#endif
