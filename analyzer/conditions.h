/* Conditions that rules put on the arguments of a call: constants, and names of variables. */
#ifndef CLEAVE_ANALYZER_CONDITIONS_H
#define CLEAVE_ANALYZER_CONDITIONS_H

#include "analyzer/rules.h"
#include "analyzer/unit.h"

/* An argument by its position from 0, or NULL. */
const struct unit_argument *conditions_argument(const struct unit *unit,
                                                const struct unit_call *call, int position);

/* What is written there: a literal, the name of a constant, or a number; NULL when it is not
 * constant. A new string. */
char *conditions_text(const struct unit *unit, const struct unit_argument *argument);

/* True when all conditions (struct rule_condition) hold. NULL holds. */
bool conditions_hold(const GPtrArray *conditions, const struct unit *unit,
                     const struct unit_call *call);

#endif
