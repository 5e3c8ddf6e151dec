/* What a build left in the tree that tells how programs are linked: found by one walk that opens
 * nothing but what looks like a finished program. */
#ifndef CLEAVE_ANALYZER_TREE_FILES_H
#define CLEAVE_ANALYZER_TREE_FILES_H

#include <glib.h>

struct tree_files {
  GPtrArray *link_texts; /* char *: link.txt below the build folder, absolute, sorted */
  GPtrArray *maps;       /* char *: *.map below the build folder */
  GPtrArray *finished;   /* char *: ELF executables and shared objects below either folder */
};

/* `build_folder` may be NULL. Hidden folders and symbolic links are not followed; at most 50,000
 * entries are looked at. */
struct tree_files *tree_files_find(const char *root, const char *build_folder);
void tree_files_free(struct tree_files *files);

/* The name that a build file at the root gives to the project (project() of CMake and Meson, AC_INIT
 * of Autoconf), in small letters; NULL without one. The name of the root folder would change with
 * every check-out. A new string. */
char *tree_project_name(const char *root);

/* Changes when something is built, linked or configured anew: a hash of names, sizes and
 * times, and of the project's name. A
 * new string. */
char *tree_files_stamp(const char *root, const char *build_folder);

#endif
