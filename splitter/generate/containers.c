#include "splitter/generate/containers.h"

#include <string.h>

#include "splitter/generate/trigger.h"

static bool is_secret(const struct function_spec *spec, const char *name)
{
  return g_ptr_array_find_with_equal_func(spec->secrets, name, g_str_equal, NULL);
}

/* Secrets come from a secret object of the same name; other values are empty until set. */
static json_t *environment_of(const struct artifact *artifact)
{
  json_t *list = json_array();
  g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < artifact->specs->len; i++) {
    const struct function_spec *spec = artifact->specs->pdata[i];
    for (guint j = 0; j < spec->environment->len; j++) {
      const char *name = spec->environment->pdata[j];
      if (!g_hash_table_add(seen, (gpointer)name)) {
        continue;
      }
      g_autofree char *secret = plain_name(name);
      json_array_append_new(list,
                            is_secret(spec, name)
                                ? json_pack("{s:s, s:{s:{s:s, s:s}}}", "name", name, "valueFrom",
                                            "secretKeyRef", "name", secret, "key", "latest")
                                : json_pack("{s:s, s:s}", "name", name, "value", ""));
    }
  }
  return list;
}

static int64_t largest(const struct artifact *artifact, size_t member)
{
  int64_t value = 0;
  for (guint i = 0; i < artifact->specs->len; i++) {
    const char *spec = artifact->specs->pdata[i];
    int64_t one = *(const int64_t *)(const void *)(spec + member);
    value = one > value ? one : value;
  }
  return value;
}

/* One event at a time: carved C keeps globals. */
static json_t *service_of(const struct artifact *artifact, const char *image)
{
  g_autofree char *name = plain_name(artifact->name);
  g_autofree char *scale = g_strdup_printf(
      "%" G_GINT64_FORMAT, largest(artifact, offsetof(struct function_spec, concurrency)));
  g_autofree char *memory = g_strdup_printf(
      "%" G_GINT64_FORMAT "Mi", largest(artifact, offsetof(struct function_spec, memory_mb)));
  int timeout = (int)largest(artifact, offsetof(struct function_spec, timeout_s));
  json_t *container =
      json_pack("{s:s, s:s, s:[{s:s, s:i}], s:{s:{s:s, s:s}}, s:{s:{s:i}, s:i, s:i}}", "name", name,
                "image", image, "ports", "name", "http1", "containerPort", 8080, "resources",
                "limits", "cpu", "1", "memory", memory, "startupProbe", "tcpSocket", "port", 8080,
                "periodSeconds", 1, "failureThreshold", 30);
  json_t *environment = environment_of(artifact);
  if (json_array_size(environment) > 0) {
    json_object_set(container, "env", environment);
  }
  json_decref(environment);
  return json_pack("{s:s, s:s, s:{s:s}, s:{s:{s:{s:{s:s}}, s:{s:i, s:i, s:[o]}}}}", "apiVersion",
                   "serving.knative.dev/v1", "kind", "Service", "metadata", "name", name, "spec",
                   "template", "metadata", "annotations", "autoscaling.knative.dev/maxScale", scale,
                   "spec", "containerConcurrency", 1, "timeoutSeconds", timeout, "containers",
                   container);
}

void cloud_run_add(struct product *product, const GPtrArray *artifacts)
{
  for (guint i = 0; i < artifacts->len; i++) {
    const struct artifact *artifact = artifacts->pdata[i];
    g_autofree char *name = plain_name(artifact->name);
    g_autofree char *image = g_strdup_printf("REGION-docker.pkg.dev/PROJECT/functions/%s", name);
    g_autofree char *path = g_strdup_printf("gcp/%s.service.yaml", artifact->name);
    product_add_yaml(product, path, service_of(artifact, image));
  }
}

static json_t *subscriber(const char *service)
{
  return json_pack("{s:{s:s, s:s, s:s}}", "ref", "apiVersion", "serving.knative.dev/v1", "kind",
                   "Service", "name", service);
}

/* What wakes a function of a service, or NULL for http and direct. */
static json_t *source_of(const struct artifact *artifact, const struct function_spec *spec)
{
  g_autofree char *service = plain_name(artifact->name);
  g_autofree char *name = plain_name(spec->name);
  if (strcmp(spec->trigger, "schedule") == 0) {
    g_autofree char *schedule = cron_schedule(spec->key);
    json_t *data = json_pack("{s:s}", "job", spec->name);
    char *text = json_dumps(data, JSON_COMPACT);
    json_t *source =
        json_pack("{s:s, s:s, s:{s:s}, s:{s:s, s:s, s:s, s:o}}", "apiVersion",
                  "sources.knative.dev/v1", "kind", "PingSource", "metadata", "name", name, "spec",
                  "schedule", schedule ? schedule : "0 2 * * *", "contentType", "application/json",
                  "data", text, "sink", subscriber(service));
    free(text);
    json_decref(data);
    return source;
  }
  if (strcmp(spec->trigger, "queue") == 0 || strcmp(spec->trigger, "stream") == 0 ||
      strcmp(spec->trigger, "object") == 0) {
    json_t *source = json_pack(
        "{s:s, s:s, s:{s:s}, s:{s:s, s:{s:{s:s}}, s:o, s:{s:i, s:s, s:s}}}", "apiVersion",
        "eventing.knative.dev/v1", "kind", "Trigger", "metadata", "name", name, "spec", "broker",
        "default", "filter", "attributes", "subject", *spec->key ? spec->key : spec->name,
        "subscriber", subscriber(service), "delivery", "retry", (int)spec->retries, "backoffPolicy",
        "exponential", "backoffDelay", "PT1S");
    return source;
  }
  return NULL;
}

void knative_add(struct product *product, const GPtrArray *artifacts)
{
  for (guint i = 0; i < artifacts->len; i++) {
    const struct artifact *artifact = artifacts->pdata[i];
    g_autofree char *name = plain_name(artifact->name);
    g_autofree char *image = g_strdup_printf("registry.example/functions/%s", name);
    g_autofree char *path = g_strdup_printf("knative/%s.service.yaml", artifact->name);
    product_add_yaml(product, path, service_of(artifact, image));
    for (guint j = 0; j < artifact->specs->len; j++) {
      const struct function_spec *spec = artifact->specs->pdata[j];
      json_t *source = source_of(artifact, spec);
      if (source) {
        g_autofree char *file = g_strdup_printf("knative/%s.trigger.yaml", spec->name);
        product_add_yaml(product, file, source);
      }
    }
  }
}
