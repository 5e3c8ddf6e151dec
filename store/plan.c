#include "store/plan.h"

RECORD_TABLE(plan_service, PLAN_SERVICE_FIELDS, "PRIMARY KEY (id)", "a proposed service");
RECORD_TABLE(plan_member, PLAN_MEMBER_FIELDS, "PRIMARY KEY (service, kind, item)",
             "what belongs to a service, or is shared or outside");
RECORD_TABLE(plan_function, PLAN_FUNCTION_FIELDS, "PRIMARY KEY (id)", "a deployable function");
RECORD_TABLE(plan_closure, PLAN_CLOSURE_FIELDS, "PRIMARY KEY (function, kind, item)",
             "what a function needs");
RECORD_TABLE(plan_cut, PLAN_CUT_FIELDS, "PRIMARY KEY (id)",
             "a call or state access that crosses services");
RECORD_TABLE(plan_reason, PLAN_REASON_FIELDS, "PRIMARY KEY (kind, item, rank)",
             "why something is where it is");
RECORD_TABLE(plan_step, PLAN_STEP_FIELDS, "PRIMARY KEY (step)",
             "the order in which services can be taken out");

RECORD_TABLE(plan_setup, PLAN_SETUP_FIELDS, "PRIMARY KEY (service, number)",
             "a way to put a service into functions");
RECORD_TABLE(plan_decision, PLAN_DECISION_FIELDS, "PRIMARY KEY (position)",
             "a line of what people decided, and what it costs");

const struct record_table *const plan_tables[] = {&plan_service_table,  &plan_member_table,
                                                  &plan_function_table, &plan_closure_table,
                                                  &plan_cut_table,      &plan_reason_table,
                                                  &plan_step_table,     &plan_setup_table,
                                                  &plan_decision_table, NULL};
