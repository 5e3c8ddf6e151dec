/* Rows of a view as JSON and CSV. */
#ifndef CLEAVE_REPORTS_ROWS_H
#define CLEAVE_REPORTS_ROWS_H

#include "store/view.h"

/* {"version":1,"what":WHAT,"rows":[{column: value, ...}, ...]} and a line feed. ASCII only; text
 * that is no UTF-8 is escaped like text_escape() does. Returns a new string. */
char *rows_json(const struct view_rows *rows, const char *what);

/* RFC 4180 with a heading line; lines end with CRLF. Texts are escaped like text_escape() does.
 * Returns a new string. */
char *rows_csv(const struct view_rows *rows);

#endif
