#include "store/results.h"

RECORD_TABLE(result_invocation, RESULT_INVOCATION_FIELDS, "PRIMARY KEY (id)",
             "one run of a function");
RECORD_TABLE(result_bill, RESULT_BILL_FIELDS, "PRIMARY KEY (position)", "one line of a bill");
RECORD_TABLE(result_range, RESULT_RANGE_FIELDS, "PRIMARY KEY (position)",
             "how far one uncertain input moves a bill");

const struct record_table *const result_tables[] = {&result_invocation_table, &result_bill_table,
                                                    &result_range_table, NULL};
