/* What is known of a value, and which conditions over parameters (struct unit_guard) that rules
 * out.
 *
 * Constants may be converted on their way: what is told of them holds of their last byte. */
#ifndef CLEAVE_ANALYZER_GUARDS_H
#define CLEAVE_ANALYZER_GUARDS_H

#include "analyzer/unit.h"

enum constant_kind {
  CONSTANT_UNKNOWN,
  CONSTANT_EXACT, /* `integer`; NULL is 0 */
  CONSTANT_SET    /* not 0 */
};

struct constant {
  enum constant_kind kind;
  int64_t integer;
};

/* What an argument is, where that stands in the call. */
struct constant guards_constant(const struct unit_argument *argument);

/* The same for whether it is 0 alone. */
struct constant guards_reduced(struct constant constant);

/* The position, from 1, of a parameter that its routine (a row) does not change; 0 for anything
 * else. */
uint32_t guards_param(const struct unit *unit, uint32_t routine, uint32_t object);
uint32_t guards_unchanged(const struct unit *unit, uint32_t routine, uint32_t position);

bool guards_may_be_equal(int64_t left, int64_t right);

/* Whether a condition surely does not hold. */
bool guards_rule_out(const struct unit_guard *guard, const struct constant *constant);

/* Whether what a guard, or one around it, guards surely does not run for the arguments of a call of
 * its routine. */
bool guards_skip(const struct unit *unit, uint32_t guard, const struct unit *caller,
                 const struct unit_call *call);

#endif
