/* Views: the public face of the store, read generically for tables, JSON and CSV. */
#ifndef CLEAVE_STORE_VIEW_H
#define CLEAVE_STORE_VIEW_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/store.h"

enum cell_type { CELL_INT, CELL_REAL, CELL_TEXT };

struct cell {
  enum cell_type type;
  int64_t integer;
  double real;
  const char *text; /* CELL_TEXT only; belongs to the rows */
};

struct view_rows {
  char **columns; /* NULL-terminated */
  unsigned n_columns;
  GArray *cells; /* struct cell, row after row */
  size_t n_rows;
  GStringChunk *strings;
};
typedef struct view_rows view_rows;

void view_rows_free(struct view_rows *rows);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(view_rows, view_rows_free)

const struct cell *view_cell(const struct view_rows *rows, size_t row, unsigned column);

/* Index of the column called NAME, or -1. */
int view_column(const struct view_rows *rows, const char *name);

/* Text of a text cell, '' for others. */
const char *view_text(const struct view_rows *rows, size_t row, const char *column);

/* Names of all public views ("v_file", ...), NULL-terminated. */
const char *const *view_names(void);

/* One line that says what the rows of the view called NAME are, or NULL for an unknown view. */
const char *view_about(const char *name);

/* The columns of the view called NAME, NULL-terminated; the caller frees with g_strfreev(). */
char **view_columns(struct store *store, const char *name, GError **error);

struct view_filter {
  const char *column;
  const char *value; /* text equality; integers are compared by their decimal text */
};

/* Reads the view called NAME, rows for which all N_FILTERS hold, ordered by all columns from left
 * to right, hashes (id, site, ..._id) last. The caller frees with view_rows_free(). */
struct view_rows *view_read(struct store *store, const char *name,
                            const struct view_filter *filters, size_t n_filters, GError **error);

#endif
