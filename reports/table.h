/* Tables made here, in the form of a view's rows, so that one set of writers serves both. */
#ifndef CLEAVE_REPORTS_TABLE_H
#define CLEAVE_REPORTS_TABLE_H

#include "store/view.h"

/* An empty table with the columns FIRST... up to NULL. The caller frees with view_rows_free(). */
struct view_rows *table_new(const char *first, ...) G_GNUC_NULL_TERMINATED;

/* Adds the next cell; a row is complete with its last column. Texts are copied. */
void table_add_text(struct view_rows *table, const char *text);
void table_add_integer(struct view_rows *table, int64_t value);

/* The COLUMNS of ROWS (NULL-terminated, all known), in that order. The caller frees it. */
struct view_rows *table_choose(const struct view_rows *rows, const char *const *columns);

#endif
