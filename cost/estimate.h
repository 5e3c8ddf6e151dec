/* A fast model of an offer's bill in floating point, for statistics over thousands of draws: how
 * much each function and cut uses of each meter, as a function of what is uncertain. Agrees with
 * the exact bill at the likely values; it never stands for a bill.
 */
#ifndef CLEAVE_COST_ESTIMATE_H
#define CLEAVE_COST_ESTIMATE_H

#include <glib.h>
#include <stdbool.h>

#include "cost/offer.h"

/* The uncertain inputs of a function or a cut. */
enum input { INPUT_RATE, INPUT_DURATION, INPUT_CPU_SHARE, N_INPUTS };

extern const char *const input_names[N_INPUTS];

struct estimate;

/* For an offer of stage functions; offer, loads and catalogue must outlive it. */
struct estimate *estimate_new(const struct catalogue *catalogue, const struct workload *workload,
                              const struct loads *loads, const struct offer *offer);
void estimate_free(struct estimate *estimate);
typedef struct estimate estimate_t;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(estimate_t, estimate_free)

/* Functions first, then cuts. */
unsigned int estimate_n_parts(const struct estimate *estimate);
unsigned int estimate_n_meters(const struct estimate *estimate);
/* The range of an input; exact when the part does not depend on it. */
struct range estimate_range(const struct estimate *estimate, unsigned int part, enum input input);
const char *estimate_part_name(const struct estimate *estimate, unsigned int part);

/* Adds what a part uses of each meter to used (estimate_n_meters values), sign 1 or -1. values
 * holds N_INPUTS values. */
void estimate_use(const struct estimate *estimate, unsigned int part, const double *values,
                  double sign, double *used);

/* USD for the account's use of all meters: grants once, tiers over the sum. */
double estimate_cost(const struct estimate *estimate, const double *used, bool has_free_tier);

/* USD at the prices of the first tier, without grants: for costs per call. */
double estimate_marginal(const struct estimate *estimate, const double *used);

#endif
