/* Terraform as JSON (main.tf.json): the same functions, triggers and permissions for each cloud. */
#ifndef CLEAVE_GENERATE_TERRAFORM_H
#define CLEAVE_GENERATE_TERRAFORM_H

#include <jansson.h>

#include "splitter/generate/artifact.h"

/* New references. Least privilege: a function may write its log and read what wakes it. */
json_t *terraform_aws(const GPtrArray *artifacts);
json_t *terraform_google(const GPtrArray *artifacts);
json_t *terraform_azure(const GPtrArray *artifacts);

#endif
