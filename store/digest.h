/* What the rows of a table add up to, in parts by the first column of its key. A part that adds up
 * to the same holds the same rows, which need not be read to know that.
 *
 * Every write of a record (record.h) keeps the sums of its table up to date, or forgets them. They
 * are kept in `info`, and lost with the transaction that they belong to. */
#ifndef CLEAVE_STORE_DIGEST_H
#define CLEAVE_STORE_DIGEST_H

#include "store/internal.h"
#include "store/record.h"

enum { DIGEST_PARTS = 256 };

/* The primary key of a table; all columns where it has none. */
struct record_key {
  size_t columns[16];
  size_t n;
};

struct digest {
  struct record_key key; /* of its table */
  uint64_t sums[DIGEST_PARTS];
  bool is_known[DIGEST_PARTS];
  bool is_stored; /* `info` says the same */
};
struct record_key record_key(const struct record_table *table);

/* The part that a record belongs to. Ids are even over all parts, but that those of neighbours are
 * in one (store_id_beside()); everything that begins with something else than a number is in part
 * 0. */
unsigned digest_part(const struct record_table *table, const struct record_key *key,
                     const void *record);
/* The least and the largest number of a part; everything for a table that has one only. */
bool digest_bounds(const struct record_table *table, const struct record_key *key, unsigned part,
                   int64_t *least, int64_t *largest);

/* The digest of N records. Linear in their size. */
void digest_sum(const struct record_table *table, const struct record_key *key, const void *records,
                size_t n, struct digest *digest);

/* The digest of what is stored, or NULL where it is not known; valid until the transaction ends. */
struct digest *digest_find(struct store *store, const struct record_table *table);
/* From now on the digest is this one: the table is kept in sums. */
void digest_set(struct store *store, const struct record_table *table, const struct digest *digest);

/* A record is added or taken away. */
void digest_add(struct store *store, const struct record_table *table, const void *record);
void digest_remove(struct store *store, const struct record_table *table, const void *record);
/* Nobody knows from now on what the table holds; what the part of a record does, or that of the
 * rows with an id in a column. */
void digest_forget(struct store *store, const struct record_table *table);
void digest_forget_record(struct store *store, const struct record_table *table,
                          const void *record);
void digest_forget_id(struct store *store, const struct record_table *table, const char *column,
                      int64_t id);

/* Writes what has changed; before a transaction ends. */
bool digest_store(struct store *store, GError **error);
/* Drops what is known; whenever a transaction begins or ends. */
void digest_drop(struct store *store);

#endif
