/* Link steps that a build left behind: which objects, archives and sources make which file.
 *
 * Read from CMake's File API, link.txt, build.ninja, the compile commands and linker maps. All of
 * them are untrusted text: nothing is run, what cannot be read is left out, and paths are only
 * compared and opened for reading. */
#ifndef CLEAVE_ANALYZER_BUILD_TARGETS_H
#define CLEAVE_ANALYZER_BUILD_TARGETS_H

#include "analyzer/tree_files.h"

#include <glib.h>
#include <stdbool.h>

struct build_target {
  char *name;
  const char *source; /* how we know */
  char *output;       /* absolute; "" where it is not told */
  bool is_archive;    /* its members are there for whoever needs them */
  bool is_shared;     /* a shared library */
  GPtrArray *inputs;  /* char *: objects, archives, shared libraries, "archive(member)"; absolute */
  GPtrArray *sources; /* char *: sources that are members themselves; absolute */
  char *object_folder; /* the objects of `sources` lie below it, with a slash at the end, or NULL */
  GPtrArray *wraps;    /* char *: symbols of --wrap */
};

/* The targets of a build folder, each output once from its best source, sorted by output. `root` is
 * a further folder that relative paths of linker maps may be meant from. Without a folder there are
 * none. Release with g_ptr_array_unref(). */
GPtrArray *build_targets_read(const char *build_folder, const char *root,
                              const struct tree_files *files);

/* For the readers of one kind of description: a target without inputs. `output` may be relative to
 * the folder. */
struct build_target *build_target_new(const char *output, const char *folder, const char *source);
void build_target_free(struct build_target *target);

/* Takes what words of a link command say: objects, archives, -l with -L, sources, --wrap. */
void build_target_take(struct build_target *target, const char *const *words, const char *folder);

/* A file's text, or NULL where it cannot be read or is longer than 64 MB. */
char *build_text(const char *path);

/* Each adds the targets that it finds. */
void build_read_cmake_reply(const char *build_folder, GPtrArray *targets);
void build_read_link_map(const char *path, const char *build_folder, const char *root,
                         GPtrArray *targets);

/* The same from its text; `folder` is where the map lies. */
void build_parse_link_map(const char *text, const char *folder, const char *root,
                          GPtrArray *targets);

#endif
