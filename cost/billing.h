/* The arithmetic of billing plans: what one entry of a scenario uses of each meter. One kind per
 * way of billing, each in its own billing_*.c file; the catalogue says which plan bills how. It
 * never looks at prices or grants: account.h does.
 */
#ifndef CLEAVE_COST_BILLING_H
#define CLEAVE_COST_BILLING_H

#include <glib.h>
#include <stdbool.h>

#include "cost/account.h"
#include "cost/catalogue.h"
#include "cost/decimal.h"

/* A number of a scenario entry, or a group of numbers ("provisioned: {instances: 2}"). */
struct billing_field {
  const char *name;
  const char *maximum;               /* absurd above; NULL: MAX_COUNT */
  const struct billing_field *group; /* ends with a NULL name; NULL for a number */
};

/* One thing to bill: numbers by key, those of a group as "provisioned.instances". */
struct entry {
  enum section section;
  char *name;
  const struct plan *plan;
  char *region;
  GHashTable *values; /* char * -> const struct decimal * */
  unsigned int line;
  unsigned int column;
};

struct entry *entry_new(enum section section, const char *name, const struct plan *plan,
                        const char *region);
void entry_free(struct entry *entry);
void entry_set(struct entry *entry, const char *key, const struct decimal *value);
/* NULL when the entry does not state it. */
const struct decimal *entry_get(const struct entry *entry, const char *key);

/* What a billing function works with. */
struct billing {
  struct decimal_pool *pool;
  const struct catalogue *catalogue;
  const struct entry *entry;
  const struct decimal *hours; /* of the period */
  struct account *account;
  struct bill *bill; /* for warnings */
};

struct billing_kind {
  const char *name;
  const struct billing_field *fields; /* ends with a NULL name */
  bool (*charge)(const struct billing *billing, GError **error);
};

/* NULL when there is none of that name. */
const struct billing_kind *billing_kind(const char *name);

/* Charges one entry to the account. COST_ERROR_INPUT (without a place: the caller knows it). */
bool billing_charge(const struct billing *billing, GError **error);

/* For the kinds. The value of a key, or the literal otherwise. */
const struct decimal *billing_value(const struct billing *billing, const char *key,
                                    const char *otherwise);
bool billing_has(const struct billing *billing, const char *key);
/* A rule of the plan, or the literal otherwise. */
const struct decimal *billing_rule(const struct billing *billing, const char *name,
                                   const char *otherwise);
/* Charges quantity (when positive) under the meter that the plan has for role, as item. */
bool billing_use(const struct billing *billing, const char *role, const char *item,
                 const struct decimal *quantity, GError **error);
/* As billing_use, but also when the quantity is zero. */
bool billing_use_always(const struct billing *billing, const char *role, const char *item,
                        const struct decimal *quantity, GError **error);
/* Refuses memory_mb outside the plan's rules or sizes. */
bool billing_check_memory(const struct billing *billing, const struct decimal *memory_mb,
                          GError **error);
/* a * b and a / b in the billing's pool, for formulas that read as on paper. */
const struct decimal *times(const struct billing *billing, const struct decimal *a,
                            const struct decimal *b);
const struct decimal *per(const struct billing *billing, const struct decimal *a,
                          const struct decimal *b);
const struct decimal *number(const struct billing *billing, const char *literal);

extern const struct billing_kind billing_lambda;      /* AWS Lambda */
extern const struct billing_kind billing_edge;        /* Lambda@Edge */
extern const struct billing_kind billing_run_request; /* Cloud Run, request-based */
extern const struct billing_kind billing_run_instance;
extern const struct billing_kind billing_gen1;        /* Google functions, first generation */
extern const struct billing_kind billing_consumption; /* Azure Functions */
extern const struct billing_kind billing_flex;
extern const struct billing_kind billing_premium;
extern const struct billing_kind billing_calls;     /* gateways, queues, buses, storage, logs */
extern const struct billing_kind billing_volume;    /* Pub/Sub */
extern const struct billing_kind billing_balancer;  /* load balancers */
extern const struct billing_kind billing_container; /* vCPU-hours and GB-hours */
extern const struct billing_kind billing_instance;  /* machines by the hour */

#endif
