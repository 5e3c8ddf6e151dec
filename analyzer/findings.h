/* What linking finds, on its way into the store: the rows of every fact table, and the call graph
 * that later steps walk.
 *
 * Holds; decides nothing. */
#ifndef CLEAVE_ANALYZER_FINDINGS_H
#define CLEAVE_ANALYZER_FINDINGS_H

#include "analyzer/flow.h"
#include "analyzer/linkage.h"
#include "analyzer/rows.h"
#include "analyzer/rules.h"
#include "store/facts.h"

enum call_kind { CALL_DIRECT, CALL_INDIRECT, CALL_CALLBACK };

/* One possible call. */
struct found_call {
  uint32_t caller; /* link routine */
  uint32_t callee;
  uint32_t unit;
  uint32_t call;    /* row in the unit */
  uint32_t program; /* of linkage->programs */
  enum call_kind kind;
  const char *tier; /* as in fact_call */
  bool is_later;    /* only handed over here: whoever runs it is a call of its own, or a thread */
  /* Bodies of the program's flow that call and are called, see struct flow_body; LINK_NONE for the
   * common ones. The same call may be here once for each body of its caller. */
  uint32_t caller_body, callee_body;
};

struct findings {
  struct linkage *linkage;
  const struct rules *rules;
  struct rows *programs, *routines, *words, *types, *fields, *enumerators, *params, *sites, *calls,
      *arguments, *states, *accesses, *effects, *effect_paths, *entries, *spans;
  GArray *found_calls; /* struct found_call, by program */
  GPtrArray *texts;    /* GStringChunk: strings of rows that have chunks of their own */
};

struct findings *findings_new(struct linkage *linkage, const struct rules *rules);
void findings_free(struct findings *findings);
typedef struct findings findings_owner;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(findings_owner, findings_free)

/* A chunk for strings of rows, for one thread; it lives with the findings. */
GStringChunk *findings_add_texts(struct findings *findings);

/* Replaces all fact tables. Needs an open transaction. */
bool findings_write(struct findings *findings, struct store *store, GError **error);

/* The first found call of a program or of a later one; those of one program are adjacent. */
guint findings_first_call(const struct findings *findings, uint32_t program);

/* The path that rows use for a unit's file: relative to the root, "" outside the tree. */
const char *findings_file(const struct unit *unit, uint32_t file);

/* The id of a call's site; 0 for one at file scope. */
int64_t findings_site(const struct linkage *linkage, uint32_t unit, uint32_t call);
/* Finds the ids of all sites, so that findings_site() need not; while others go on. `routines` is a
 * copy of the routines that the linkage began with. */
void findings_name_sites(const struct linkage *linkage, const struct link_routine *routines);

/* The link routine that a row of a unit is, when its body is there; LINK_NONE otherwise. */
static inline uint32_t findings_routine(const struct linkage *linkage, uint32_t unit, uint32_t row)
{
  return row == UNIT_NONE ? LINK_NONE : linkage->units[unit].routines[row];
}

#endif
