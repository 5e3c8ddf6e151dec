/* Events to try a function with: as each platform would send them. */
#ifndef CLEAVE_GENERATE_SAMPLES_H
#define CLEAVE_GENERATE_SAMPLES_H

#include "splitter/generate/inventory.h"
#include "splitter/generate/product.h"
#include "splitter/generate/spec.h"

/* functions/ARTIFACT/samples/FUNCTION.PLATFORM.json. Sources: the platforms' own event pages (HTTP
 * API payload 2.0, SQS, EventBridge Scheduler, Pub/Sub push, custom handlers), 2026-11-23. */
void samples_add(struct product *product, const struct inventory *inventory, const char *artifact,
                 const struct function_spec *spec, unsigned platforms);

/* Whether the payload of its events must fit an input schema. */
bool samples_are_typed(const struct function_spec *spec);

#endif
