/* What is compiled, and how: one compilation per source and set of arguments.
 *
 * Reads compile_commands.json or, where there is none, infers the commands from the tree
 * (infer.h). Never runs anything and never writes. */
#ifndef CLEAVE_ANALYZER_COMPILATIONS_H
#define CLEAVE_ANALYZER_COMPILATIONS_H

#include "analyzer/arguments.h"

#include <stdint.h>

struct compilation {
  int64_t id;      /* hash of file and arguments */
  char *file;      /* absolute */
  char *shown;     /* relative to the root where inside it */
  char *directory; /* absolute */
  char **arguments;
  char *objects; /* object files that it makes, relative to the root where inside it, one a line */
};

struct compilations {
  GPtrArray *all;      /* struct compilation *, sorted by shown file and arguments */
  char *root;          /* absolute, without a slash at the end */
  char *source;        /* the compile_commands.json, or NULL when inferred */
  char *build_folder;  /* where it lies, or NULL */
  GHashTable *notices; /* char * -> count */
  GPtrArray *others;   /* char *: compile commands found too and not used */
  unsigned n_entries;
  unsigned n_cxx;        /* skipped: C++ */
  unsigned n_other;      /* skipped: assembler and others */
  unsigned n_duplicate;  /* the same source with the same arguments again */
  unsigned n_missing;    /* the source does not exist */
  unsigned n_malformed;  /* entries without file or command */
  unsigned n_unresolved; /* inferred: includes that no header of the tree satisfies */
};

#define COMPILATIONS_ERROR (compilations_error_quark())
GQuark compilations_error_quark(void);
enum compilations_error {
  COMPILATIONS_ERROR_READ,    /* the path cannot be read */
  COMPILATIONS_ERROR_INVALID, /* not a compile database */
  COMPILATIONS_ERROR_NONE,    /* nothing to analyse */
  COMPILATIONS_ERROR_USAGE,   /* --root and the like make no sense */
};

struct compilations_request {
  const char *path;             /* a source folder, a build folder or a compile_commands.json */
  const char *root;             /* or NULL: the nearest common folder of all sources */
  const char *const *path_maps; /* "OLD=NEW", NULL at the end */
};

/* The caller frees with compilations_free(). */
struct compilations *compilations_find(const struct compilations_request *request, GError **error);
void compilations_free(struct compilations *compilations);

/* For readers of other forms: adds one, unless it is there already. Takes nothing over. */
void compilations_add(struct compilations *compilations, const char *file, const char *directory,
                      const struct arguments *arguments);

/* A path as facts show it: relative to the root where inside it. New string. */
char *compilations_shown(const char *root, const char *path);

#endif
