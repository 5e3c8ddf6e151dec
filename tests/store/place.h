/* A store in a temporary folder of its own, for one test. */
#ifndef CLEAVE_TESTS_STORE_PLACE_H
#define CLEAVE_TESTS_STORE_PLACE_H

#include <glib.h>

#include "store/store.h"

struct place {
  char *folder;
  char *path;
};

/* Adds a test that gets a struct place, with nothing at its path. */
#define PLACE_ADD(name, routine)                                                                   \
  g_test_add(name, struct place, NULL, place_set_up, routine, place_tear_down)

void place_set_up(struct place *place, gconstpointer data);
void place_tear_down(struct place *place, gconstpointer data);

struct store *open_or_fail(const char *path, enum store_mode mode);
/* Behind the back of the store. */
void make_with_sql(const char *path, const char *sql);
/* Routines 1 and 2, "a" and "b", and site 7 in "a". */
void write_two_routines(struct store *store);

#endif
