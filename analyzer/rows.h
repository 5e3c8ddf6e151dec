/* Rows of one fact table on their way into the store: collected in any order, written sorted and
 * once each.
 *
 * Knows the shape of records, never what they mean. */
#ifndef CLEAVE_ANALYZER_ROWS_H
#define CLEAVE_ANALYZER_ROWS_H

#include "store/record.h"

struct rows {
  const struct record_table *table;
  GArray *records;
  size_t n_telling; /* columns, from the first, that say which fact a row tells: where rows tell one
                       fact differently, the first of the sorted ones stands; 0: all columns */
  struct store_prepared *prepared; /* or NULL */
};

struct rows *rows_new(const struct record_table *table);
void rows_free(struct rows *rows);
typedef struct rows rows_owner;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(rows_owner, rows_free)

/* Copies the record; its strings must live until the rows are written. NULL texts become "". */
void rows_add(struct rows *rows, const void *record);
/* Makes room for n more rows, so that what is there is not moved when they come. */
void rows_reserve(struct rows *rows, guint n);

/* Sorts by all columns and drops repeats. O(n log n). */
void rows_sort(struct rows *rows);

/* Drops rows that agree with the one before them in the first n columns; sorts first. */
void rows_unique(struct rows *rows, size_t n_columns);

/* Sorts, drops rows that tell a fact again and makes everything ready for rows_write(); nothing may
 * be added later. Rows of different tables may be prepared by different threads. */
void rows_prepare(struct rows *rows);

/* Makes the table hold exactly these rows, which are prepared where they were not. Needs an open
 * transaction. */
bool rows_write(struct rows *rows, struct store *store, GError **error);

#define rows_at(rows, type, i) (&g_array_index((rows)->records, struct type, i))

#endif
