/* Fills a store from a plain dependency list, so that any graph can be split. */
#ifndef CLEAVE_SPLITTER_IMPORT_H
#define CLEAVE_SPLITTER_IMPORT_H

#include <stdbool.h>

#include "splitter/rsf.h"
#include "store/store.h"

struct import_summary {
  gsize n_items;
  gsize n_dependencies;
};

/* Replaces the facts of STORE by RSF's: every item is a routine with a body (its file is the item's
 * name), every depends fact a direct call; contain facts become the plan's services when
 * they are there. NAME is the file's name, LINE of a call its line there. One transaction. */
bool import_rsf(struct store *store, const struct rsf *rsf, const char *name,
                struct import_summary *summary, GError **error);

#endif
