/* A partition with names: items and the group that holds each. What `compare` works on. */
#ifndef CLEAVE_SPLITTER_GROUPING_H
#define CLEAVE_SPLITTER_GROUPING_H

#include <glib.h>

#include "splitter/rsf.h"

struct grouping {
  GPtrArray *items;  /* char *, ascending by bytes, no doubles */
  GPtrArray *groups; /* char *, ascending by bytes */
  GArray *group_of;  /* guint32 per item */
};

/* Puts N (group, item) pairs into order; the strings are copied. An item named twice with one group
 * counts once; with two groups NULL is returned and ERROR names both. */
struct grouping *grouping_new(gsize n, const char *const *groups, const char *const *items,
                              GError **error);

/* From the contain facts of RSF; NAME is the file's name, errors give the line. */
struct grouping *grouping_from_rsf(const struct rsf *rsf, const char *name, GError **error);

/* Accepts NULL. */
void grouping_free(struct grouping *grouping);

#endif
