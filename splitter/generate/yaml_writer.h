/* The one writer of YAML: a JSON tree as block YAML.
 *
 * Members keep their order. A member whose name begins with '#' is a comment: its text, line by
 * line, stands before the next member. Strings that YAML could read as something else are quoted.
 * It never reads YAML. */
#ifndef CLEAVE_GENERATE_YAML_WRITER_H
#define CLEAVE_GENERATE_YAML_WRITER_H

#include <glib.h>
#include <jansson.h>

/* The document's text, ending with a line feed. The caller frees it. O(size). */
char *yaml_write(const json_t *root);

#endif
