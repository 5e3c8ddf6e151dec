/* What a proxy of a moved routine has to know beyond the contract of its function: which value
 * means failure, whether a call may be repeated, whether it may go through a queue, and why.
 *
 * Draws conclusions from facts and contract; writes nothing. */
#ifndef CLEAVE_GENERATE_PROXY_PLAN_H
#define CLEAVE_GENERATE_PROXY_PLAN_H

#include "splitter/generate/contract.h"
#include "splitter/generate/inventory.h"
#include "splitter/generate/source_text.h"
#include "splitter/generate/spec.h"

struct proxy_plan {
  const struct function_spec *spec;
  bool is_forward;    /* passes whole requests on; otherwise typed */
  char *error;        /* C expression of the value that means failure, or NULL */
  char *error_reason; /* never NULL */
  bool is_idempotent;
  char *idempotent_reason;
  bool is_unattended; /* nobody waits for a result: may go through a queue */
  char *accepted;     /* what the routine answers once the queue has it, or NULL: nothing */
  char *refusal;      /* why there is no proxy, or NULL */
};

/* Never NULL; look at `refusal`. O(closure of the function). */
struct proxy_plan *proxy_plan_new(const struct inventory *inventory, struct source_texts *texts,
                                  const struct function_spec *spec,
                                  const struct contract_book *book);
void proxy_plan_free(struct proxy_plan *plan);

/* The routines of the function's closure that its program holds: &fact_routine.id, ascending. */
GPtrArray *proxy_plan_closure(const struct inventory *inventory, const struct function_spec *spec);

/* What a second run of the routine would do again that lasts, with its place: a new string, or
 * NULL. WITHOUT_VARIABLES: variables of the process do not count. */
char *proxy_plan_deed(const struct inventory *inventory, const int64_t *routine,
                      bool without_variables);

#endif
