/* What load.c and load_read.c share: making one load and filling it from records and workload. */
#ifndef CLEAVE_COST_LOAD_INTERNAL_H
#define CLEAVE_COST_LOAD_INTERNAL_H

#include "cost/load.h"
#include "store/plan.h"

struct measurement;

/* A load with everything assumed. */
struct load *load_new(const struct plan_function *function, const char *service);
void load_free(gpointer data);
void cut_load_free(gpointer data);

/* Function name -> struct measurement * of its answered invocations; NULL with error. */
GHashTable *load_measurements(struct store *store, GError **error);

/* Both accept NULL for nothing recorded or stated. Measurements first: they win. */
void load_apply_measurement(struct load *load, const struct measurement *measurement);
void load_apply_workload(struct load *load, const struct workload_entry *entry);

#endif
