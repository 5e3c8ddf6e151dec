/* Tables that an SQL statement reads and writes, from its text alone.
 *
 * Reads literals as C programs hold them: several statements, "%s" and "?" in the middle, cut off
 * at the end. A name that is a placeholder is none. Knows nothing of any database. */
#ifndef CLEAVE_ANALYZER_SQL_H
#define CLEAVE_ANALYZER_SQL_H

#include <glib.h>
#include <stdbool.h>

struct sql_table {
  char *name; /* lower case, without quotes and schema "main" or "public" */
  bool is_read;
  bool is_written;
};

/* The tables of a text, sorted by name, one row each; an empty array for a text that is no SQL.
 * Release with g_ptr_array_unref(). Linear. */
GPtrArray *sql_tables(const char *text);

/* True when a text begins like an SQL statement. */
bool sql_is_statement(const char *text);

#endif
