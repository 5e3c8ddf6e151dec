/* The model: what a store holds, in arrays that graphs and pages can walk.
 *
 * Loads once and resolves ids to indexes; knows no SQL and never writes. Indexes are positions in
 * the record sets, which are sorted by name, file and id, so that equal stores give equal models.
 */
#ifndef CLEAVE_REPORTS_MODEL_H
#define CLEAVE_REPORTS_MODEL_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/facts.h"
#include "store/plan.h"
#include "store/results.h"

/* Instead of a service's index. */
#define MODEL_NONE (-1)   /* in no service */
#define MODEL_SHARED (-2) /* shared code or replicated state: every service has its own */

/* All calls from one routine to another. */
struct model_call {
  int caller; /* routine index */
  int callee;
  int n_sites;
  bool is_indirect; /* at least one of them goes through a pointer */
  const char *file; /* the first site */
  int line;
};

/* All accesses of one routine to one state in one mode. */
struct model_access {
  int routine;
  int state;
  char mode; /* 'r' read, 'w' write, 'a' address */
  int n_sites;
  const char *file; /* the first site */
  int line;
};

struct model {
  record_set *files;       /* fact_file */
  record_set *diagnostics; /* fact_diagnostic */
  record_set *programs;    /* fact_program */
  record_set *routines;    /* fact_routine */
  record_set *states;      /* fact_state */
  record_set *entries;     /* fact_entry */
  record_set *services;    /* plan_service */
  record_set *members;     /* plan_member */
  record_set *functions;   /* plan_function */
  record_set *closures;    /* plan_closure */
  record_set *cuts;        /* plan_cut */
  record_set *steps;       /* plan_step */
  record_set *setups;      /* plan_setup */
  record_set *bills;       /* result_bill */
  record_set *ranges;      /* result_range */
  record_set *invocations; /* result_invocation */

  int *routine_service; /* per routine: service index, MODEL_NONE or MODEL_SHARED */
  int *state_service;   /* per state: owner */
  const char **routine_role;
  const char **state_role;
  GArray *calls;       /* struct model_call, by caller then callee */
  GArray *accesses;    /* struct model_access, by routine, state, mode */
  size_t n_unresolved; /* calls through pointers of whose targets nothing is known */
  size_t n_never;      /* those of which it is sure that nothing is called */
  size_t n_indirect_sites;
  char *root; /* where the analysed sources lay, or "" */
  char *tool; /* version of the tool that wrote the facts, or "" */

  GHashTable *routine_index; /* int64_t id -> index + 1 */
  GHashTable *state_index;
  GHashTable *service_index;
  GHashTable *entry_index;
  record_set *call_records; /* owns the strings of calls */
  record_set *access_records;
};
typedef struct model model_t;

/* Reads all that reports need. The caller frees with model_free(). O(rows log rows). */
struct model *model_load(struct store *store, GError **error);
void model_free(struct model *model);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(model_t, model_free)

/* Index of the record with ID, or -1. */
int model_routine(const struct model *model, int64_t id);
int model_state(const struct model *model, int64_t id);
int model_service(const struct model *model, int64_t id);
int model_entry(const struct model *model, int64_t id);

const struct fact_routine *model_routine_at(const struct model *model, int index);
const struct fact_state *model_state_at(const struct model *model, int index);

/* "session_table.count" of state INDEX. New string. */
char *model_state_name(const struct model *model, int index);

/* Name of service INDEX; "shared code" or "no service" for the others. */
const char *model_service_name(const struct model *model, int index);

/* Routines called NAME or FILE::NAME. Indexes as int. The caller frees the array. */
GArray *model_find_routines(const struct model *model, const char *name);

#endif
