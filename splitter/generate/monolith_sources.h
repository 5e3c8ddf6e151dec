/* Which translation units the functions need, how they are compiled and what they are linked with:
 * the part of the generated build that comes from the monolith's own. */
#ifndef CLEAVE_GENERATE_MONOLITH_SOURCES_H
#define CLEAVE_GENERATE_MONOLITH_SOURCES_H

#include "splitter/generate/inventory.h"
#include "splitter/generate/spec.h"

/* Units of one program that are compiled alike. */
struct unit_group {
  char *name; /* "shop_1" */
  const char *program;
  GPtrArray *flags;   /* char *, CMake text: the root as ${CLEAVE_SOURCE_ROOT} */
  GPtrArray *sources; /* const char *, ascending */
};

/* Groups for all units of the programs of SPECS: those of their closures, and the rest of each
 * program for names that the facts do not know. By program and first source. */
GPtrArray *unit_groups_of(const struct inventory *inventory, const GPtrArray *specs);

/* The group that compiles SOURCE for PROGRAM, or NULL. */
const struct unit_group *unit_group_find(const GPtrArray *groups, const char *program,
                                         const char *source);

/* Fills spec->libraries and spec->symbols: what the closure calls outside of the tree, by the names
 * of the routines and by what the monolith itself is linked with. */
void libraries_find(const struct inventory *inventory, struct function_spec *spec);

/* The libraries that a whole program is linked with: by its own link line, else by the names of the
 * outside routines that it calls. Ascending; release with g_ptr_array_unref(). */
GPtrArray *program_libraries(const struct inventory *inventory, const char *program);

#endif
