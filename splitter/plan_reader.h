/* Reads a plan from the store as a partition with names: for comparison and export. */
#ifndef CLEAVE_SPLITTER_PLAN_READER_H
#define CLEAVE_SPLITTER_PLAN_READER_H

#include <stdbool.h>

#include "splitter/grouping.h"
#include "store/store.h"

enum plan_level {
  PLAN_LEVEL_ROUTINE, /* items are file::routine */
  PLAN_LEVEL_FILE,    /* items are files, each in the service of most of its statements */
};

/* The services of STORE's plan and their routines. Shared and external code is left out. */
struct grouping *plan_read_grouping(struct store *store, enum plan_level level, GError **error);

/* Calls between routines as pairs of file::routine names, appended to FROM and TO (char *). */
bool plan_read_dependencies(struct store *store, GPtrArray *from, GPtrArray *to, GError **error);

#endif
