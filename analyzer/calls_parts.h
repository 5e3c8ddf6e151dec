/* What the files of calls.h share: calls_targets.c tells what a call through a pointer may call,
 * calls_witnesses.c where the address of what it calls was taken, calls_rows.c writes sites, calls
 * and arguments, calls.c goes through a program. Nobody else includes this. */
#ifndef CLEAVE_ANALYZER_CALLS_PARTS_H
#define CLEAVE_ANALYZER_CALLS_PARTS_H

#include "analyzer/calls.h"
#include "analyzer/slots.h"

/* Where a routine's address is taken. */
struct call_taken {
  uint32_t routine;
  uint32_t unit;
  uint32_t edge;
};

/* One program while its calls are looked for. */
struct call_search {
  struct findings *findings;
  uint32_t program; /* number of flow->program */
  struct flow *flow;
  GArray *taken;        /* struct call_taken, by routine, then place */
  GHashTable *by_field; /* "type:offset" -> struct id_set of routines stored there; NULL: unknown */
  struct slots *slots;
  GHashTable *ways; /* routine -> how its address came to where it is called */
  GArray *bodies;   /* uint32_t: those of the present call's caller */
};

/* ---- calls_witnesses.c ---- */

/* Finds where addresses of routines are taken. O(edges + taken log taken). */
void calls_start_witnesses(struct call_search *search);
void calls_free_witnesses(struct call_search *search);

/* The place where a routine's address was taken that led to a node by the shortest way. Where none
 * can be told, one in the file of the call, or the first. NULL when it is never taken. */
const struct unit_edge *calls_witness_of(const struct call_search *search, uint32_t routine,
                                         uint32_t node, const char *file, const struct unit **unit);

/* ---- calls_targets.c ---- */

/* What a call through a pointer may call. The caller clears `routines`. */
struct call_targets {
  struct id_set routines;
  const char *tier;
  bool is_complete; /* there can be no other */
};

struct call_targets calls_targets_of(struct call_search *search, uint32_t unit, uint32_t row);

/* Before any targets: lets what calls hand over flow to what only their fields' types tell. */
void calls_bind_fallbacks(struct call_search *search);
void calls_free_fields(struct call_search *search);

/* ---- calls_rows.c ---- */

/* Room for what the direct calls of a program will add, all at once. */
void calls_reserve_rows(struct findings *findings, const struct flow *flow);

void calls_add_row(struct call_search *search, int64_t site, uint32_t caller, uint32_t callee,
                   uint32_t unit, uint32_t call, enum call_kind kind, const char *tier,
                   const char *witness_file, int64_t witness_line);
void calls_add_site(struct call_search *search, int64_t site, uint32_t caller,
                    const struct unit *unit, const struct unit_call *call, bool is_complete);
void calls_add_argument(struct call_search *search, int64_t site, const struct unit *unit,
                        const struct unit_argument *argument);

#endif
