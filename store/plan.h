/* The plan: what the splitter concluded. Can be thrown away and made again from the facts and from
 * what people decided. */
#ifndef CLEAVE_STORE_PLAN_H
#define CLEAVE_STORE_PLAN_H

#include "store/record.h"

#define PLAN_SERVICE_FIELDS(F, N)                                                                  \
  F(N, ID, id, "hash of the name")                                                                 \
  F(N, TEXT, name, "service")                                                                      \
  F(N, REAL, score, "share of its weight that stays inside, 0 to 1")                               \
  F(N, TEXT, reason, "why it is one service")
RECORD_STRUCT(plan_service, PLAN_SERVICE_FIELDS);

#define PLAN_MEMBER_FIELDS(F, N)                                                                   \
  F(N, ID, service, "plan_service.id, 0 for shared code and external state of the whole program")  \
  F(N, TEXT, kind, "routine or state")                                                             \
  F(N, ID, item, "fact_routine.id or fact_state.id")                                               \
  F(N, TEXT, role, "owner, member, shared, replicated, external or test")                          \
  F(N, REAL, margin, "how much better than the second-best service, in price")                     \
  F(N, REAL, confidence, "0 to 1")                                                                 \
  F(N, ID, second, "plan_service.id of the second-best service, or 0")                             \
  F(N, TEXT, reason, "why it is here")
RECORD_STRUCT(plan_member, PLAN_MEMBER_FIELDS);

#define PLAN_FUNCTION_FIELDS(F, N)                                                                 \
  F(N, ID, id, "hash of name")                                                                     \
  F(N, TEXT, name, "function")                                                                     \
  F(N, ID, service, "plan_service.id")                                                             \
  F(N, ID, entry, "fact_entry.id")                                                                 \
  F(N, ID, routine, "fact_routine.id of the entry routine")                                        \
  F(N, TEXT, trigger, "http, schedule, queue, object, stream or direct")                           \
  F(N, TEXT, key, "route, period, queue ...")                                                      \
  F(N, TEXT, readiness, "ready, adapt or blocked")                                                 \
  F(N, TEXT, reason, "what makes it so")                                                           \
  F(N, TEXT, file, "line that shows the reason")                                                   \
  F(N, INT, line, "line that shows the reason")                                                    \
  F(N, TEXT, unit, "function that it is built as one with, its own name when it is alone")
RECORD_STRUCT(plan_function, PLAN_FUNCTION_FIELDS);

#define PLAN_CLOSURE_FIELDS(F, N)                                                                  \
  F(N, ID, function, "plan_function.id")                                                           \
  F(N, TEXT, kind, "routine or state")                                                             \
  F(N, ID, item, "fact_routine.id or fact_state.id that the function needs")
RECORD_STRUCT(plan_closure, PLAN_CLOSURE_FIELDS);

#define PLAN_CUT_FIELDS(F, N)                                                                      \
  F(N, ID, id, "hash of all that names it")                                                        \
  F(N, ID, from_service, "plan_service.id")                                                        \
  F(N, ID, to_service, "plan_service.id")                                                          \
  F(N, TEXT, kind, "call or state")                                                                \
  F(N, TEXT, mode, "call, read or write")                                                          \
  F(N, ID, routine, "fact_routine.id that crosses")                                                \
  F(N, ID, item, "fact_routine.id of the callee or fact_state.id")                                 \
  F(N, INT, n_sites, "call sites or accesses")                                                     \
  F(N, REAL, price, "of this cut, in units of the objective")                                      \
  F(N, TEXT, marshal, "ok, needs-contract or refused")                                             \
  F(N, TEXT, reason, "why it costs that, and what would remove it")                                \
  F(N, TEXT, file, "first site")                                                                   \
  F(N, INT, line, "first site")
RECORD_STRUCT(plan_cut, PLAN_CUT_FIELDS);

#define PLAN_REASON_FIELDS(F, N)                                                                   \
  F(N, TEXT, kind, "service, routine, state, function or cut")                                     \
  F(N, ID, item, "its id")                                                                         \
  F(N, INT, rank, "0 is the strongest")                                                            \
  F(N, TEXT, evidence, "calls, state, types, names, paths, history, decision, transaction ...")    \
  F(N, REAL, weight, "its share")                                                                  \
  F(N, TEXT, text, "in words")                                                                     \
  F(N, TEXT, file, "where it is seen")                                                             \
  F(N, INT, line, "line")
RECORD_STRUCT(plan_reason, PLAN_REASON_FIELDS);

#define PLAN_STEP_FIELDS(F, N)                                                                     \
  F(N, INT, step, "from 1: the order in which to take services out")                               \
  F(N, ID, service, "plan_service.id")                                                             \
  F(N, REAL, cut, "price of all cuts towards what remains after this step")                        \
  F(N, INT, n_ready, "functions of it that are ready")                                             \
  F(N, INT, n_functions, "functions of it")                                                        \
  F(N, INT, n_blocked, "functions of it that are blocked")                                         \
  F(N, REAL, own_cut, "price of its own cuts towards what remains")                                \
  F(N, TEXT, reason, "why now")
RECORD_STRUCT(plan_step, PLAN_STEP_FIELDS);

#define PLAN_SETUP_FIELDS(F, N)                                                                    \
  F(N, ID, service, "plan_service.id")                                                             \
  F(N, INT, number, "from 1, by rising cost")                                                      \
  F(N, BOOL, is_planned, "what the plan says: every call inside, in a copy")                       \
  F(N, BOOL, is_on_front, "no other is both cheaper and faster")                                   \
  F(N, INT, n_functions, "functions to deploy")                                                    \
  F(N, REAL, cost, "USD in 30 days")                                                               \
  F(N, REAL, latency, "seconds of an event that somebody waits for, mean")                         \
  F(N, REAL, gap, "what the search alone would have missed of the proved front, -1: not proved")   \
  F(N, TEXT, text, "what goes across, and why")
RECORD_STRUCT(plan_setup, PLAN_SETUP_FIELDS);

#define PLAN_DECISION_FIELDS(F, N)                                                                 \
  F(N, INT, position, "order in the file")                                                         \
  F(N, TEXT, file, "boundaries.yaml")                                                              \
  F(N, INT, line, "line")                                                                          \
  F(N, INT, column, "column")                                                                      \
  F(N, TEXT, kind, "services, together, apart, shared, external, allow or functions")              \
  F(N, TEXT, text, "what it says")                                                                 \
  F(N, TEXT, names, "the names in it, with commas")                                                \
  F(N, INT, n_matches, "routines and states that it names")                                        \
  F(N, REAL, cut_price, "price of all cuts with it less that without it")                          \
  F(N, INT, n_cuts, "cuts with it less cuts without it")                                           \
  F(N, INT, n_foreign_writes, "writes from outside the owner, with it less without it")            \
  F(N, REAL, evidence, "evidence kept inside services without it less that with it")               \
  F(N, INT, n_moved, "routines and states that would be elsewhere without it")                     \
  F(N, TEXT, effect, "the same in words")
RECORD_STRUCT(plan_decision, PLAN_DECISION_FIELDS);

/* All plan tables; ends with NULL. */
extern const struct record_table *const plan_tables[];

#endif
