/* Azure Functions: one app per artifact, a custom handler with its bindings. */
#ifndef CLEAVE_GENERATE_AZURE_H
#define CLEAVE_GENERATE_AZURE_H

#include "splitter/generate/artifact.h"
#include "splitter/generate/product.h"

/* azure/ARTIFACT/host.json and azure/ARTIFACT/FUNCTION/function.json. */
void azure_add(struct product *product, const GPtrArray *artifacts);

/* Where the host puts what a function failed on too often: the name is the platform's. "" where it
 * has no such place (timers, event hubs). A new string. */
char *azure_poison_queue(const struct function_spec *spec);

#endif
