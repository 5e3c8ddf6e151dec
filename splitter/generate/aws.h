/* AWS: the SAM template. */
#ifndef CLEAVE_GENERATE_AWS_H
#define CLEAVE_GENERATE_AWS_H

#include <jansson.h>

#include "splitter/generate/artifact.h"

/* template.yaml as a tree. A new reference. */
json_t *aws_template(const GPtrArray *artifacts);

#endif
