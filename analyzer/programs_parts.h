/* What the files of programs.h share: programs_closure.c completes a program by what its units need
 * from others, programs_built.c has those that the build tells about, programs_finished.c those that
 * it left behind, programs.c all others. Nobody else includes this. */
#ifndef CLEAVE_ANALYZER_PROGRAMS_PARTS_H
#define CLEAVE_ANALYZER_PROGRAMS_PARTS_H

#include "analyzer/program_members.h"
#include "analyzer/programs.h"

/* ---- programs_closure.c ---- */

/* The units of one program, while they are put together. */
struct closure {
  struct linkage *linkage;
  GHashTable *definers; /* symbol -> GArray of units that define it strongly */
  bool *has_main;       /* by unit: nobody's needs bring such a unit in */
  bool *is_member;      /* by unit */
  GArray *members;      /* uint32_t */
};

void closure_init(struct closure *closure, struct linkage *linkage);
void closure_clear(struct closure *closure);

/* The path of a unit's source, as the store has it. */
const char *programs_unit_path(const struct linkage *linkage, uint32_t unit);

/* Notes what a unit defines, for all programs. Linear in its routines and objects. */
void closure_note_unit(struct closure *closure, uint32_t index);

/* Begins another program, without members. */
void closure_restart(struct closure *closure);
void closure_add(struct closure *closure, uint32_t unit);
void closure_add_all(struct closure *closure, const GArray *units);

/* Completes the members by what their undefined names need, and these names (char *, or NULL). */
void closure_complete(struct closure *closure, const GPtrArray *names);

/* Calls `visit` for every name that a unit needs from others. */
void closure_each_need(const struct closure *closure, uint32_t index,
                       void (*visit)(const char *symbol, void *context), void *context);

/* The units that define a symbol, or NULL; and whether one of them is a member. */
const GArray *closure_definers_of(const struct closure *closure, const char *symbol);
bool closure_is_satisfied(const struct closure *closure, const GArray *units);

bool closure_defines_main(const struct closure *closure);
/* Notes the members in `is_linked`, by unit. */
void closure_mark_linked(const struct closure *closure, bool *is_linked);

/* Units without others, each once. Release with g_array_unref(). */
GArray *programs_without(const GArray *units, const GArray *others);

/* ---- programs_built.c ---- */

/* Programs and shared libraries that the build describes. */
void programs_add_described(struct closure *closure, const struct member_index *index,
                            const GPtrArray *targets, bool *is_linked);

/* Archives with members that no program of the tree takes are libraries for others. After all
 * programs that are built. */
void programs_add_archives(struct closure *closure, const struct member_index *index,
                           const GPtrArray *targets, bool *is_linked);

/* ---- programs_finished.c ---- */

/* Finished files (char *) that no description of the build tells about, each with the units of the
 * shared libraries among them that it asks for. */
void programs_add_finished(struct closure *closure, const struct member_index *index,
                           const GPtrArray *paths, bool *is_linked);

#endif
