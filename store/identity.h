/* Ids: hashes of content, never counters, so that the same input gives the same rows whatever the
 * order of the work. */
#ifndef CLEAVE_STORE_IDENTITY_H
#define CLEAVE_STORE_IDENTITY_H

#include <glib.h>
#include <stdint.h>

/* The id of the parts FIRST..., which end with NULL. SHA-256 over the parts with their lengths,
 * cut to 53 bits so that every JSON reader keeps it exactly; never 0, which means "none". */
int64_t store_id(const char *first, ...) G_GNUC_NULL_TERMINATED;

/* The same over an array of N parts. */
int64_t store_id_of(const char *const *parts, size_t n);

#endif
