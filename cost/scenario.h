/* A scenario: what runs for how long on which plans, as people write it in scenario.yaml, and the
 * bill for it. It never prints and bills nothing when anything in the file is refused.
 */
#ifndef CLEAVE_COST_SCENARIO_H
#define CLEAVE_COST_SCENARIO_H

#include <glib.h>
#include <stdbool.h>

#include "cost/bill.h"
#include "cost/billing.h"
#include "cost/catalogue.h"

struct scenario {
  struct decimal_pool *pool;
  char *name;                        /* of the file, for messages */
  const struct catalogue *catalogue; /* outlives the scenario */
  const struct decimal *hours;       /* length of the period */
  bool has_free_tier;
  GPtrArray *entries;  /* struct entry *, in file order */
  GPtrArray *warnings; /* char * */
};

/* An empty scenario of 30 days with the free tier, for callers that fill it themselves. */
struct scenario *scenario_new(const struct catalogue *catalogue);
void scenario_free(struct scenario *scenario);
typedef struct scenario scenario_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(scenario_t, scenario_free)

/* Reads scenario.yaml. COST_ERROR_FILE, or COST_ERROR_INPUT with "file:line:column: …" for unknown
 * keys, plans and regions (the nearest named) and for numbers that are negative or absurd.
 */
struct scenario *scenario_read(const struct catalogue *catalogue, const char *path, GError **error);
struct scenario *scenario_parse(const struct catalogue *catalogue, const char *text, gsize length,
                                const char *name, GError **error);

/* Adds an entry in the plan's region, or its cloud's default one when region is NULL; the entry
 * belongs to the scenario. NULL with COST_ERROR_INPUT when the plan is unknown. */
struct entry *scenario_add(struct scenario *scenario, enum section section, const char *name,
                           const char *plan, const char *region, GError **error);

/* The bill. Functions and infrastructure share one account; the baseline has its own, as it is the
 * alternative to them. O(entries * tiers).
 */
struct bill *scenario_bill(const struct scenario *scenario, GError **error);

#endif
