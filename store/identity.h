/* Ids: hashes of content, never counters, so that the same input gives the same rows whatever the
 * order of the work. */
#ifndef CLEAVE_STORE_IDENTITY_H
#define CLEAVE_STORE_IDENTITY_H

#include <glib.h>
#include <stdint.h>

/* The id of the parts FIRST..., which end with NULL. SHA-256 over the parts with their lengths,
 * cut to 53 bits so that every JSON reader keeps it exactly; never 0, which means "none". */
int64_t store_id(const char *first, ...) G_GNUC_NULL_TERMINATED;

/* ID with the highest 8 bits of NEIGHBOUR: rows lie in the order of their ids, so that those of
 * neighbours share pages of the store, and a part of its sums (digest.h). */
int64_t store_id_beside(int64_t id, int64_t neighbour);

/* The same over an array of N parts. */
int64_t store_id_of(const char *const *parts, size_t n);

#endif
