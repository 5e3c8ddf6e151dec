/* function.yaml: what a function is, written for people, and read back when they changed it. */
#ifndef CLEAVE_GENERATE_FUNCTION_FILE_H
#define CLEAVE_GENERATE_FUNCTION_FILE_H

#include <jansson.h>

#include "splitter/generate/spec.h"

/* The document of a specification. A new reference. */
json_t *function_file_document(const struct function_spec *spec);

/* Changes SPEC to what TEXT (an edited function.yaml, called NAME in errors) says. */
bool function_file_apply(struct function_spec *spec, const char *name, const char *text,
                         GError **error);

/* The adapter that TEXT names: one of adapter_names, or NULL. */
const char *function_file_adapter(const char *text);

#endif
