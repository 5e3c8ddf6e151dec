#include "splitter/generate/deploy.h"

#include <string.h>

#include "splitter/generate/aws.h"
#include "splitter/generate/azure.h"
#include "splitter/generate/cloud_name.h"
#include "splitter/generate/containers.h"
#include "splitter/generate/engines.h"
#include "splitter/generate/readme.h"
#include "splitter/generate/samples.h"
#include "splitter/generate/schema.h"
#include "splitter/generate/terraform.h"

char *service_binary_name(const struct function_spec *spec)
{
  g_autofree char *service = g_strdup(*spec->service ? spec->service : "shared");
  g_autofree char *name = g_strdup_printf("%s-%s", spec->program, service);
  return folder_name(name);
}

static bool artifact_is_open(const struct artifact *artifact)
{
  for (guint i = 0; i < artifact->specs->len; i++) {
    if (function_spec_is_open(artifact->specs->pdata[i])) {
      return true;
    }
  }
  return false;
}

/* What `cleave host` reads. */
static json_t *functions_document(const GPtrArray *artifacts)
{
  json_t *list = json_array();
  for (guint i = 0; i < artifacts->len; i++) {
    const struct artifact *artifact = artifacts->pdata[i];
    for (guint j = 0; j < artifact->specs->len; j++) {
      const struct function_spec *spec = artifact->specs->pdata[j];
      if (artifact_is_open(artifact)) {
        continue; /* not built until its decisions are made */
      }
      g_autofree char *binary = g_strdup_printf("build/functions/%s/bootstrap", artifact->name);
      json_t *entry =
          json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "name", spec->name,
                    "trigger", spec->trigger, "key", spec->key, "binary", binary, "routine",
                    spec->routine->name, "service", spec->service, "adapter", spec->adapter,
                    "memory_mb", (json_int_t)spec->memory_mb, "timeout_s",
                    (json_int_t)spec->timeout_s, "max_instances", (json_int_t)spec->concurrency);
      if (g_ptr_array_find(artifact->replayed, spec, NULL)) {
        json_object_set_new(entry, "original",
                            json_sprintf("build/functions/%s/original", artifact->name));
      }
      json_array_append_new(list, entry);
    }
  }
  return json_pack("{s:i, s:o}", "version", 1, "functions", list);
}

/* What a person tries a function with, and what its values look like. */
static void add_samples(struct product *product, const struct inventory *inventory,
                        const struct artifact *artifact, unsigned platforms)
{
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    samples_add(product, inventory, artifact->name, spec, platforms);
    if (!spec->contract) {
      continue;
    }
    g_autofree char *input =
        g_strdup_printf("functions/%s/%s.input.schema.json", artifact->name, spec->name);
    g_autofree char *output =
        g_strdup_printf("functions/%s/%s.output.schema.json", artifact->name, spec->name);
    product_add_json(product, input, schema_input(inventory, spec->contract));
    product_add_json(product, output, schema_output(inventory, spec->contract));
  }
}

void deploy_add(struct product *product, const struct inventory *inventory,
                const GPtrArray *artifacts, const struct generated *result, unsigned platforms)
{
  product_add_json(product, "functions.json", functions_document(artifacts));
  product_add(product, "README.md", readme_text(artifacts, result, platforms));
  for (guint i = 0; i < artifacts->len; i++) {
    add_samples(product, inventory, artifacts->pdata[i], platforms);
  }
  if (platforms & GENERATE_AWS) {
    product_add_yaml(product, "aws/template.yaml", aws_template(artifacts));
    product_add_json(product, "terraform-aws/main.tf.json", terraform_aws(artifacts));
  }
  if (platforms & GENERATE_GCP) {
    cloud_run_add(product, artifacts);
    product_add_json(product, "terraform-google/main.tf.json", terraform_google(artifacts));
  }
  if (platforms & GENERATE_AZURE) {
    azure_add(product, artifacts);
    product_add_json(product, "terraform-azure/main.tf.json", terraform_azure(artifacts));
  }
  if (platforms & GENERATE_KNATIVE) {
    knative_add(product, artifacts);
  }
  if (platforms & GENERATE_OPENWHISK) {
    openwhisk_add(product, artifacts);
  }
  if (platforms & GENERATE_FISSION) {
    fission_add(product, artifacts);
  }
  if (platforms & GENERATE_OPENFAAS) {
    openfaas_add(product, artifacts);
  }
}
