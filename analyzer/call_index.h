/* Found calls by caller or by callee, and what is reached through them.
 *
 * Knows findings alone: which calls matter is the caller's affair. */
#ifndef CLEAVE_ANALYZER_CALL_INDEX_H
#define CLEAVE_ANALYZER_CALL_INDEX_H

#include "analyzer/findings.h"

enum call_index_key { CALLS_BY_CALLER, CALLS_BY_CALLEE };

/* Begins as all zero bytes. */
struct call_index {
  const struct findings *findings;
  enum call_index_key key;
  uint32_t *first; /* by link routine */
  uint32_t *calls; /* found calls of routine r, in their order: first[r] to first[r + 1] */
};

/* Indexes the found calls from `begin` to `end` that `takes` takes, all where that is NULL. The
 * findings must outlive the index. Linear: a counting sort. */
void call_index_init(struct call_index *index, const struct findings *findings,
                     enum call_index_key key, guint begin, guint end,
                     bool (*takes)(const struct found_call *call));
void call_index_clear(struct call_index *index);

/* The call of a place in `calls`. */
const struct found_call *call_index_at(const struct call_index *index, uint32_t place);

/* Marks a routine; it waits in a stack (uint32_t) where it was not marked. */
void call_index_mark(GArray *stack, bool *is_marked, uint32_t routine);
/* Empties the stack and marks all that its routines call, directly or not; or all that call them,
 * where calls are indexed by callee. Linear in these calls. */
void call_index_spread(const struct call_index *index, GArray *stack, bool *is_marked);

#endif
