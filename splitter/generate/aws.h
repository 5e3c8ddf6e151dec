/* AWS: the SAM template. */
#ifndef CLEAVE_GENERATE_AWS_H
#define CLEAVE_GENERATE_AWS_H

#include <jansson.h>

#include "splitter/generate/artifact.h"

/* template.yaml as a tree. A new reference. */
json_t *aws_template(const GPtrArray *artifacts);

/* "GET /products/:id" as a method ("ANY" when there is none) and a path with {id}: new strings. */
void route_split(const char *key, char **method, char **path);

/* An AWS schedule expression of a key: cron with five fields, "60s", "rate(...)", "@daily". A new
 * string; NULL when it is none. */
char *aws_schedule(const char *key);

/* NAME as a resource name: letters and digits, each word with a capital. A new string. */
char *camel_name(const char *name);

#endif
