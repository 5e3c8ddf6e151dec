/* Which units a link step or a finished file is made of. */
#ifndef CLEAVE_ANALYZER_PROGRAM_MEMBERS_H
#define CLEAVE_ANALYZER_PROGRAM_MEMBERS_H

#include "analyzer/build_targets.h"
#include "analyzer/linkage.h"
#include "analyzer/object_file.h"

/* Units by what names them. */
struct member_index {
  const struct linkage *linkage;
  GHashTable *by_object; /* absolute path of an object file -> unit + 1 */
  GHashTable *by_base;   /* its last part -> GArray of units */
  GHashTable *by_source; /* absolute path of the source -> GArray of units */
  GHashTable *by_name;   /* its last part -> GArray of units */
  GHashTable *targets;   /* absolute output -> struct build_target */
};

/* The targets must outlive the index. */
struct member_index *member_index_new(const struct linkage *linkage, const char *root,
                                      const GPtrArray *targets);
void member_index_free(struct member_index *index);

/* What a program takes. */
struct members {
  GArray *units;       /* uint32_t: linked for certain */
  GArray *optional;    /* uint32_t: members of archives, there for whoever needs them */
  GArray *archives;    /* uint32_t: where in `optional` an archive begins, in the linker's order */
  GPtrArray *shared;   /* const struct build_target *: shared libraries of the tree */
  GPtrArray *assembly; /* char *: symbols that objects without a unit define */
  GPtrArray *needs;    /* char *: symbols that such objects need */
};

struct members *members_of_target(const struct member_index *index,
                                  const struct build_target *target);

/* By the names of source files in a finished file's symbol table, and by which of a unit's symbols
 * are there; of several that fit alike the one whose object automake names after the program. */
struct members *members_of_file(const struct member_index *index, const char *name,
                                const struct object_file *file);
void members_free(struct members *members);

#endif
