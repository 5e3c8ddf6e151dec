/* Records: a C struct, its table and its documentation from one list of fields.
 *
 *   #define SHAPE_FIELDS(F, N) F(N, ID, id, "hash of ...") F(N, TEXT, name, "...")
 *   RECORD_STRUCT(shape, SHAPE_FIELDS);            // struct shape, in a header
 *   RECORD_TABLE(shape, SHAPE_FIELDS, "PRIMARY KEY (id)", "what a row is");   // in one .c file
 *
 * Strings are never NULL in the file: NULL is written as ''. */
#ifndef CLEAVE_STORE_RECORD_H
#define CLEAVE_STORE_RECORD_H

#include <glib.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

enum record_type { RECORD_ID, RECORD_INT, RECORD_BOOL, RECORD_REAL, RECORD_TEXT, RECORD_BLOB };

struct record_column {
  const char *name;
  enum record_type type;
  size_t offset; /* of the member in the struct */
  const char *about;
};

struct record_table {
  const char *name;
  const char *about;
  const char *constraint; /* SQL after the columns, or "" */
  size_t record_size;
  const struct record_column *columns;
  size_t n_columns;
};

#define RECORD_C_TYPE_ID int64_t
#define RECORD_C_TYPE_INT int64_t
#define RECORD_C_TYPE_BOOL bool
#define RECORD_C_TYPE_REAL double
#define RECORD_C_TYPE_TEXT const char *
#define RECORD_C_TYPE_BLOB GBytes *

#define RECORD_MEMBER(noun, type, name, about) RECORD_C_TYPE_##type name;
#define RECORD_STRUCT(noun, fields)                                                                \
  struct noun {                                                                                    \
    fields(RECORD_MEMBER, noun)                                                                    \
  };                                                                                               \
  extern const struct record_table noun##_table

#define RECORD_COLUMN(noun, type, name, about)                                                     \
  {#name, RECORD_##type, offsetof(struct noun, name), about},
#define RECORD_TABLE(noun, fields, key, text)                                                      \
  static const struct record_column noun##_columns[] = {fields(RECORD_COLUMN, noun)};              \
  const struct record_table noun##_table = {                                                       \
      #noun, text, key, sizeof(struct noun), noun##_columns, G_N_ELEMENTS(noun##_columns)}

/* All records of a table, in the order asked for. Strings and bytes belong to the set. */
struct record_set {
  void *records; /* n structs of the table's record_size */
  size_t n;
  GStringChunk *strings;
  GPtrArray *blobs;
};
typedef struct record_set record_set;

void record_set_free(struct record_set *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(record_set, record_set_free)

/* Record I of SET as a pointer to TYPE. */
#define record_at(set, type, i) (&((const struct type *)(set)->records)[i])

/* Writes one record. A second record with the same primary key is an error
 * (STORE_ERROR_CONFLICT). Needs a transaction to be fast. */
bool store_insert(struct store *store, const struct record_table *table, const void *record,
                  GError **error);

/* The same, but replaces the record that has the same primary key. */
bool store_replace(struct store *store, const struct record_table *table, const void *record,
                   GError **error);

/* Makes TABLE hold exactly the N records, in any order, no two with one primary key (all columns
 * where the table has none). Reads what is there and writes what differs. Needs a transaction. O(n
 * log n), linear where the records are in the order of the key. */
bool store_sync(struct store *store, const struct record_table *table, const void *records,
                size_t n, GError **error);

/* The same in two steps. The first one knows no store, so that any thread may take it: N records,
 * which must outlive what is returned, in the order of their keys and with their digest. The caller
 * frees with store_prepared_free(). */
struct store_prepared;
struct store_prepared *store_prepare(const struct record_table *table, const void *records,
                                     size_t n);
bool store_sync_prepared(struct store *store, const struct store_prepared *prepared,
                         GError **error);
void store_prepared_free(struct store_prepared *prepared);

/* Puts the N records of FRESH in the place of the rows that have the primary keys of those of GONE
 * (all columns where the table has none). Needs a transaction. */
bool store_exchange(struct store *store, const struct record_table *table, const void *gone,
                    const void *fresh, size_t n, GError **error);

/* Deletes all rows of TABLE. */
bool store_clear(struct store *store, const struct record_table *table, GError **error);

/* Deletes the rows whose COLUMN equals VALUE. */
bool store_delete_text(struct store *store, const struct record_table *table, const char *column,
                       const char *value, GError **error);
bool store_delete_id(struct store *store, const struct record_table *table, const char *column,
                     int64_t value, GError **error);

/* All rows, ordered by ORDER (column names with commas) or by all columns when ORDER is NULL.
 * The caller frees with record_set_free(). */
struct record_set *store_load(struct store *store, const struct record_table *table,
                              const char *order, GError **error);

/* The same without the columns named in OMIT (with commas): they read as 0, '' or NULL. For tables
 * with large blobs. */
struct record_set *store_load_without(struct store *store, const struct record_table *table,
                                      const char *omit, const char *order, GError **error);

/* Rows whose COLUMN equals VALUE. */
struct record_set *store_load_where(struct store *store, const struct record_table *table,
                                    const char *column, int64_t value, const char *order,
                                    GError **error);

/* Rows whose COLUMN is one of the N values, in the order of the table. */
struct record_set *store_load_any(struct store *store, const struct record_table *table,
                                  const char *column, const int64_t *values, size_t n,
                                  GError **error);

/* Rows whose COLUMN equals VALUE and for which CONDITION, an expression of SQL, holds unless it is
 * NULL. */
struct record_set *store_load_if(struct store *store, const struct record_table *table,
                                 const char *column, const char *value, const char *condition,
                                 const char *order, GError **error);

/* Rows whose COLUMN equals VALUE. */
struct record_set *store_load_text(struct store *store, const struct record_table *table,
                                   const char *column, const char *value, const char *order,
                                   GError **error);

#endif
