/* The YAML files of a folder, in a fixed order. Reads no contents. */
#ifndef CLEAVE_ANALYZER_DATA_FILES_H
#define CLEAVE_ANALYZER_DATA_FILES_H

#include <glib.h>

/* Paths of all *.yaml in a folder, sorted by name, to be released with g_ptr_array_unref(). NULL
 * with an error when the folder cannot be read or holds none. */
GPtrArray *data_paths(const char *folder, GError **error);

#endif
