/* Money for display: exact sums of decimal strings, in integers. */
#ifndef CLEAVE_REPORTS_MONEY_H
#define CLEAVE_REPORTS_MONEY_H

#include <glib.h>

/* 10^-18 dollars. */
__extension__ typedef __int128 money;

/* The amount that TEXT ("-12.5", "0.0000166667") says; digits beyond the 18th after the point are
 * dropped, 0 for what is no number. */
money money_parse(const char *text);

/* "$1,234.50": rounded half up to the cent. New string. */
char *money_format(money amount);

/* "1234.50", without sign of currency and grouping. New string. */
char *money_plain(money amount);

#endif
