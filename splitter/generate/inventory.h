/* What generate reads from the store: the facts and the plan as arrays with indexes by id and name.
 *
 * Read once by inventory_new() and never written. It draws no conclusions; nothing below this file
 * knows the store. */
#ifndef CLEAVE_GENERATE_INVENTORY_H
#define CLEAVE_GENERATE_INVENTORY_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/facts.h"
#include "store/plan.h"
#include "store/record.h"

struct inventory {
  char *root; /* folder that files are relative to */
  struct record_set *units;
  struct record_set *programs;
  struct record_set *routines;
  struct record_set *params;
  struct record_set *types;
  struct record_set *fields;
  struct record_set *enumerators;
  struct record_set *sites;
  struct record_set *calls;
  struct record_set *arguments;
  struct record_set *states;
  struct record_set *accesses;
  struct record_set *effects;
  struct record_set *entries;
  struct record_set *services;
  struct record_set *functions; /* by name */
  struct record_set *closure;
  GHashTable *routine_by_id;       /* &id -> const struct fact_routine * */
  GHashTable *routines_by_name;    /* name -> GPtrArray of const struct fact_routine * */
  GHashTable *type_by_id;          /* &id -> const struct fact_type * */
  GHashTable *types_by_name;       /* name -> GPtrArray of const struct fact_type * */
  GHashTable *params_by_routine;   /* &id -> GPtrArray of const struct fact_param *, by position */
  GHashTable *fields_by_type;      /* &id -> GPtrArray of const struct fact_field *, by position */
  GHashTable *sites_by_caller;     /* &id -> GPtrArray of const struct fact_site *, by place */
  GHashTable *calls_by_site;       /* &id -> GPtrArray of const struct fact_call * */
  GHashTable *calls_by_caller;     /* &id -> GPtrArray of const struct fact_call * */
  GHashTable *calls_by_callee;     /* &id -> GPtrArray of const struct fact_call * */
  GHashTable *arguments_by_site;   /* &id -> GPtrArray of const struct fact_argument * */
  GHashTable *state_by_id;         /* &id -> const struct fact_state * */
  GHashTable *states_by_name;      /* name -> GPtrArray of const struct fact_state * */
  GHashTable *accesses_by_routine; /* &id -> GPtrArray of const struct fact_access * */
  GHashTable *effects_by_routine;  /* &id -> GPtrArray of const struct fact_effect * */
  GHashTable *entry_by_id;         /* &id -> const struct fact_entry * */
  GHashTable *closure_by_function; /* &id -> GPtrArray of const struct plan_closure * */
  GHashTable *service_by_id;       /* &id -> const struct plan_service * */
};

/* Reads everything. NULL and ERROR when the store cannot be read. O(rows). */
struct inventory *inventory_new(struct store *store, GError **error);
void inventory_free(struct inventory *inventory);
typedef struct inventory inventory_owner;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(inventory_owner, inventory_free)

/* The list kept for a key, never NULL: empty when there is none. */
const GPtrArray *inventory_list(GHashTable *index, const void *key);

const struct fact_routine *inventory_routine(const struct inventory *inventory, int64_t id);
const struct fact_type *inventory_type(const struct inventory *inventory, int64_t id);
const struct fact_state *inventory_state(const struct inventory *inventory, int64_t id);

/* The parameter at a position (0: the result), or NULL. */
const struct fact_param *inventory_param(const struct inventory *inventory, int64_t routine,
                                         int64_t position);
/* Parameters without the result. */
unsigned inventory_n_params(const struct inventory *inventory, int64_t routine);

/* The programs that hold a file, ascending; the caller frees the array, not the names. */
GPtrArray *inventory_programs_of(const struct inventory *inventory, const char *file);

/* The routine of this name that PROGRAM links: defined and in one of its files, else any defined
 * one that is not static; NULL when there is none. */
const struct fact_routine *inventory_find_routine(const struct inventory *inventory,
                                                  const char *program, const char *name);

/* All defined routines reached from one by calls, itself included: a set of &id. O(calls). */
GHashTable *inventory_reach(const struct inventory *inventory, int64_t routine);

#endif
