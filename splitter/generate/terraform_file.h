/* A main.tf.json as it is put together: resources, data sources and variables by type and name.
 * Knows the form, no cloud. */
#ifndef CLEAVE_GENERATE_TERRAFORM_FILE_H
#define CLEAVE_GENERATE_TERRAFORM_FILE_H

#include <jansson.h>

#include "splitter/generate/artifact.h"

struct terraform_file {
  json_t *resources; /* type -> name -> body */
  json_t *data;      /* type -> name -> body */
  json_t *variables;
};

void terraform_file_init(struct terraform_file *file);
/* Add a resource, and what is only looked up; take the body. The same name replaces. */
void terraform_add(struct terraform_file *file, const char *type, const char *name, json_t *body);
void terraform_add_data(struct terraform_file *file, const char *type, const char *name,
                        json_t *body);
/* A variable that must be given, or has a default where FALLBACK is not NULL. */
void terraform_add_variable(struct terraform_file *file, const char *name, const char *about,
                            const char *fallback);
/* "${TYPE.NAME.ATTRIBUTE}". A new string. */
char *terraform_reference(const char *type, const char *name, const char *attribute);
/* The environment of a binary: references to variables, and for secrets what SECRET makes of the
 * name. A new reference. */
json_t *terraform_environment(struct terraform_file *file, const struct artifact *artifact,
                              char *(*secret)(struct terraform_file *file, const char *name));
/* The document; clears FILE. Takes SETTINGS, those of the provider. */
json_t *terraform_document(struct terraform_file *file, const char *provider, const char *source,
                           const char *version, json_t *settings);

#endif
