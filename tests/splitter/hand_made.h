/* Stores made by hand: a few routines, calls, states and entries, each with the least that facts
 * need. Names are ids. */
#ifndef CLEAVE_TESTS_SPLITTER_HAND_MADE_H
#define CLEAVE_TESTS_SPLITTER_HAND_MADE_H

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#include "store/identity.h"
#include "store/store.h"

/* A path in the temporary folder that no other process uses: the caller's to free. */
char *scratch_path(const char *name);
void must(bool is_done, GError *error);
int64_t routine_id(const char *name);
void add_routine(struct store *store, const char *name, const char *file, int64_t line);
/* Lines of calls and accesses are lines of x.c. */
void add_call(struct store *store, const char *caller, const char *callee, int64_t line);
/* A table is external, everything else shared state. */
void add_state(struct store *store, const char *name, const char *storage, const char *file);
void add_access(struct store *store, const char *routine, const char *state, const char *mode,
                const char *how, int64_t line);
void add_entry(struct store *store, const char *routine, const char *trigger, const char *key,
               const char *registrar);
void add_rule_entry(struct store *store, const char *routine, const char *trigger, const char *key,
                    const char *registrar, const char *rule);

#endif
