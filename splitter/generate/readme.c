#include "splitter/generate/readme.h"

#include <string.h>

/* TEXT as the cell of a Markdown table. */
static char *cell(const char *text)
{
  GString *out = g_string_new(text);
  g_string_replace(out, "\\", "\\\\", 0);
  g_string_replace(out, "|", "\\|", 0);
  g_string_replace(out, "<", "&lt;", 0);
  g_string_replace(out, "`", "'", 0);
  g_string_replace(out, "\n", " ", 0);
  return g_string_free(out, FALSE);
}

static void append_functions(GString *out, const GPtrArray *artifacts)
{
  g_string_append(out, "| function | wakes on | routine | adapter | binary | to do |\n"
                       "| --- | --- | --- | --- | --- | --- |\n");
  for (guint i = 0; i < artifacts->len; i++) {
    const struct artifact *artifact = artifacts->pdata[i];
    for (guint j = 0; j < artifact->specs->len; j++) {
      const struct function_spec *spec = artifact->specs->pdata[j];
      g_autofree char *key = cell(spec->key);
      g_autofree char *todo = cell(spec->todo->len > 0 ? spec->todo->pdata[0] : "");
      g_autofree char *routine = cell(spec->routine->name);
      g_autofree char *file = cell(spec->routine->file);
      g_string_append_printf(
          out, "| %s | %s %s | %s (%s) | %s | build/functions/%s/bootstrap | %s%s |\n", spec->name,
          spec->trigger, key, routine, file, spec->adapter, artifact->name,
          function_spec_is_open(spec) ? "**decide in function.yaml**; " : "", todo);
    }
  }
}

static void append_refused(GString *out, const struct generated *result)
{
  if (result->n_refused == 0) {
    return;
  }
  g_string_append(out, "\n## Refused\n\n| function | why |\n| --- | --- |\n");
  for (guint i = 0; i < result->functions->len; i++) {
    const struct generated_function *function = result->functions->pdata[i];
    if (!function->adapter) {
      g_autofree char *message = cell(function->message ? function->message : "");
      g_string_append_printf(out, "| %s | %s |\n", function->name, message);
    }
  }
}

static void append_deployment(GString *out, unsigned platforms)
{
  g_string_append(
      out, "\n## Build\n\n"
           "    cmake -G Ninja -S . -B build -DCLEAVE_SOURCE_ROOT=/where/the/monolith/lies\n"
           "    cmake --build build\n"
           "    cmake --build build --target package   # zips and image folders\n\n"
           "`-DCLEAVE_LINK=static|dynamic|auto` chooses how; `auto` links statically where every\n"
           "library has an archive and packs loader and libraries along where not.\n\n"
           "## Run here\n\n    cleave host .\n\n## Deploy\n\n");
  if (platforms & GENERATE_AWS) {
    g_string_append(out, "- AWS: `sam deploy --guided -t aws/template.yaml`, or `terraform -chdir="
                         "terraform-aws apply`. Secrets lie in Secrets Manager as "
                         "`cleave/NAME`.\n");
  }
  if (platforms & GENERATE_GCP) {
    g_string_append(out, "- Google: build an image of `build/package/NAME`, then `gcloud run "
                         "services replace gcp/NAME.service.yaml`, or `terraform-google`.\n");
  }
  if (platforms & GENERATE_AZURE) {
    g_string_append(out, "- Azure: `build/package/NAME-azure.zip` is a custom handler with its "
                         "bindings; `terraform-azure` makes the apps.\n");
  }
  if (platforms & GENERATE_KNATIVE) {
    g_string_append(out, "- Knative: `kubectl apply -f knative/`.\n");
  }
  if (platforms & GENERATE_OPENWHISK) {
    g_string_append(out, "- OpenWhisk: push an image of `build/package/NAME`, export what the "
                         "functions read, then `wskdeploy -m openwhisk/manifest.yaml`.\n");
  }
  if (platforms & GENERATE_FISSION) {
    g_string_append(out, "- Fission: push an image of `build/package/NAME`, then `kubectl apply -f "
                         "fission/`.\n");
  }
  if (platforms & GENERATE_OPENFAAS) {
    g_string_append(out, "- OpenFaaS: `faas-cli up -f openfaas/stack.yaml` builds the images of "
                         "`build/package/NAME`, pushes and deploys them; make the secrets with "
                         "`faas-cli secret create` first.\n");
  }
  g_string_append(out, "\n## Change\n\n"
                       "`functions/NAME/function.yaml` says what a function is, each line with its "
                       "reason. Edit it and\nrun `cleave generate` again: what was edited stays "
                       "and wins, the new version lies beside it\nas `.new`. Start-up steps under "
                       "`decide` have to be made `run` before the function builds.\n"
                       "`functions/NAME/samples/` holds events to try, `*.schema.json` what goes "
                       "in and out.\n\nGenerated files are licensed MIT-0: do with them what you "
                       "want. `runtime/` is Cleave's, MIT.\n");
}

char *readme_text(const GPtrArray *artifacts, const struct generated *result, unsigned platforms)
{
  GString *out = g_string_new("# Functions\n\nTaken out of a monolith by Cleave. Its sources stay "
                              "where they are; this folder holds what stands\nbetween them and the "
                              "platforms.\n\n");
  append_functions(out, artifacts);
  append_refused(out, result);
  append_deployment(out, platforms);
  return g_string_free(out, FALSE);
}
