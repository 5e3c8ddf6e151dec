/* Three bills side by side on every cloud: the monolith always on, its services always on, and its
 * functions; with the cheapest billing plan chosen. It reads the plan and the recorded invocations
 * from the store, and writes the bill there.
 */
#ifndef CLEAVE_COST_COMPARISON_H
#define CLEAVE_COST_COMPARISON_H

#include <glib.h>
#include <stdbool.h>

#include "cost/offer.h"
#include "store/store.h"

struct comparison {
  const struct catalogue *catalogue;
  const struct workload *workload;
  struct loads *loads;
  GPtrArray *offers; /* struct offer *: by cloud, stage and plan */
};

/* The catalogue and the workload must outlive it. */
struct comparison *comparison_new(const struct catalogue *catalogue,
                                  const struct workload *workload, struct store *store,
                                  GError **error);
void comparison_free(struct comparison *comparison);
typedef struct comparison comparison_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(comparison_t, comparison_free)

/* The chosen offer of a stage on a cloud, or NULL. */
const struct offer *comparison_chosen(const struct comparison *comparison, enum stage stage,
                                      const char *cloud);

/* All chosen offers as one bill whose names begin with stage and cloud, for telling two plans
 * apart. */
struct bill *comparison_bill(const struct comparison *comparison);

/* Replaces the store's bill by the lines of the chosen offers. */
bool comparison_write(const struct comparison *comparison, struct store *store, GError **error);

#endif
