/* Which variables of a function outlive its invocations, and whether they can be stored between
 * them: what does not fit is refused with its place and reason, never guessed. */
#ifndef CLEAVE_GENERATE_STATE_PLAN_H
#define CLEAVE_GENERATE_STATE_PLAN_H

#include "splitter/generate/contract.h"
#include "splitter/generate/contract_book.h"
#include "splitter/generate/inventory.h"
#include "splitter/generate/source_text.h"

struct function_spec;

/* A variable that is stored, as a whole. */
struct stored_variable {
  const struct fact_state *state; /* it, or its first member that is used */
  char *lvalue;
  char *type;
  struct fact_routine owner; /* stands in for a routine that takes it, to infer how it travels */
  struct fact_param param;
  struct contract *contract; /* with one parameter */
};

struct state_plan {
  GPtrArray *variables; /* struct stored_variable *, by file and name; may be empty */
  char *refusal;        /* why they cannot be stored, or NULL */
};

/* Never NULL. O(closure of the function). */
struct state_plan *state_plan_new(const struct inventory *inventory, struct source_texts *texts,
                                  const struct function_spec *spec,
                                  const struct contract_book *book);
/* Accepts NULL. */
void state_plan_free(struct state_plan *plan);

#endif
