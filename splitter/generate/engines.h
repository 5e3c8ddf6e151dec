/* The open engines: OpenWhisk (manifest.yaml for wskdeploy), Fission (its custom resources) and
 * OpenFaaS (stack.yaml). What an engine has no word for stands as a comment where it is missed. */
#ifndef CLEAVE_GENERATE_ENGINES_H
#define CLEAVE_GENERATE_ENGINES_H

#include "splitter/generate/artifact.h"
#include "splitter/generate/product.h"

/* openwhisk/manifest.yaml: an action for each function, triggers and rules. Source: OpenWhisk
 * Packaging Specification 1.0 and openwhisk-wskdeploy, parsers/yamlparser.go. */
void openwhisk_add(struct product *product, const GPtrArray *artifacts);

/* fission/ARTIFACT.function.yaml and fission/FUNCTION.trigger.yaml. Source: fission/fission,
 * pkg/apis/core/v1 and the custom resource definitions made of it. */
void fission_add(struct product *product, const GPtrArray *artifacts);

/* openfaas/stack.yaml. Source: docs.openfaas.com/reference/yaml and openfaas/go-sdk, stack. */
void openfaas_add(struct product *product, const GPtrArray *artifacts);

/* Whether a function wakes on this. */
bool wakes_on(const struct function_spec *spec, const char *trigger);

/* Adds a comment before the next member, unless the object has the same already. */
void engine_comment(json_t *object, const char *format, ...) G_GNUC_PRINTF(2, 3);

#endif
