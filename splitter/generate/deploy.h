/* What a platform is told: functions.json for the local host, and for every platform its own
 * descriptors, events to try and the README. Writes documents only. */
#ifndef CLEAVE_GENERATE_DEPLOY_H
#define CLEAVE_GENERATE_DEPLOY_H

#include "splitter/generate/artifact.h"
#include "splitter/generate/generate.h"
#include "splitter/generate/product.h"

/* Adds everything. ARTIFACTS: struct artifact *. RESULT: what was refused. */
void deploy_add(struct product *product, const struct inventory *inventory,
                const GPtrArray *artifacts, const struct generated *result, unsigned platforms);

/* The binary that serves a function when functions are built as services. A new string. */
char *service_binary_name(const struct function_spec *spec);

#endif
