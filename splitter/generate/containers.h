/* Cloud Run and Knative: services as YAML, and what wakes them. */
#ifndef CLEAVE_GENERATE_CONTAINERS_H
#define CLEAVE_GENERATE_CONTAINERS_H

#include "splitter/generate/artifact.h"
#include "splitter/generate/cloud_name.h"
#include "splitter/generate/product.h"

/* gcp/NAME.service.yaml for every artifact. */
void cloud_run_add(struct product *product, const GPtrArray *artifacts);

/* knative/NAME.service.yaml, and a Trigger or PingSource where one wakes it. */
void knative_add(struct product *product, const GPtrArray *artifacts);

/* The variables of a container, each once: secrets as references to KEY of a secret object in
 * PLACE, other values empty until set. A new reference. */
json_t *container_environment(const struct artifact *artifact, const char *key,
                              enum cloud_place place);

#endif
