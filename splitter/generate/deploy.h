/* What a platform is told: functions.json for the local host, and for every platform its own
 * descriptors, events to try and the README. Writes documents only. */
#ifndef CLEAVE_GENERATE_DEPLOY_H
#define CLEAVE_GENERATE_DEPLOY_H

#include "splitter/generate/artifact.h"
#include "splitter/generate/generate.h"
#include "splitter/generate/product.h"

/* Adds everything. SPECS: struct function_spec *; ARTIFACTS: struct artifact *. */
void deploy_add(struct product *product, const struct inventory *inventory, const GPtrArray *specs,
                const GPtrArray *artifacts, const struct generate_options *options);

/* The binary that serves a function when functions are built as services. A new string. */
char *service_binary_name(const struct function_spec *spec);

#endif
