/* How old a price is, from dates as catalogues write them. */
#ifndef CLEAVE_COST_AGE_H
#define CLEAVE_COST_AGE_H

#include <stdbool.h>

/* Days from as_of ("2025-10-01", "2026-11", "2026": counted from the end of the month or year) to
 * today ("2026-11-23"). False when either is no such date. */
bool age_days(const char *as_of, const char *today, int *days);

#define AGE_OLD_DAYS 365

#endif
