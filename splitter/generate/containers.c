#include "splitter/generate/containers.h"

#include <string.h>

#include "splitter/generate/cloud_name.h"
#include "splitter/generate/google.h"
#include "splitter/generate/trigger.h"

#define EVENTS "default"              /* the broker that events come from */
#define TIMER_ATTRIBUTE "cleavetimer" /* extension that tells timers apart */

json_t *container_environment(const struct artifact *artifact, const char *key,
                              enum cloud_place place)
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
      g_autofree char *secret = cloud_name(name, place);
      json_array_append_new(list,
                            function_spec_is_secret(spec, name)
                                ? json_pack("{s:s, s:{s:{s:s, s:s}}}", "name", name, "valueFrom",
                                            "secretKeyRef", "name", secret, "key", key)
                                : json_pack("{s:s, s:s}", "name", name, "value", ""));
    }
  }
  return list;
}

/* One event at a time: carved C keeps globals. SECRET_KEY: what of a secret object is meant, which
 * lies in SECRET_PLACE. */
static json_t *service_of(const struct artifact *artifact, const char *name, const char *image,
                          const char *secret_key, enum cloud_place secret_place)
{
  g_autoptr(requirements_owner) needs = requirements_new(artifact);
  g_autofree char *scale = g_strdup_printf("%" G_GINT64_FORMAT, needs->concurrency);
  g_autofree char *memory = google_memory(needs);
  json_t *container =
      json_pack("{s:s, s:s, s:[{s:s, s:i}], s:{s:{s:s, s:s}}, s:{s:{s:i}, s:i, s:i}}", "name", name,
                "image", image, "ports", "name", "http1", "containerPort", 8080, "resources",
                "limits", "cpu", "1", "memory", memory, "startupProbe", "tcpSocket", "port", 8080,
                "periodSeconds", 1, "failureThreshold", 30);
  json_t *environment = container_environment(artifact, secret_key, secret_place);
  if (json_array_size(environment) > 0) {
    json_object_set(container, "env", environment);
  }
  json_decref(environment);
  return json_pack("{s:s, s:s, s:{s:s}, s:{s:{s:{s:{s:s}}, s:{s:i, s:i, s:[o]}}}}", "apiVersion",
                   "serving.knative.dev/v1", "kind", "Service", "metadata", "name", name, "spec",
                   "template", "metadata", "annotations", "autoscaling.knative.dev/maxScale", scale,
                   "spec", "containerConcurrency", 1, "timeoutSeconds", (int)needs->timeout_s,
                   "containers", container);
}

void cloud_run_add(struct product *product, const GPtrArray *artifacts)
{
  for (guint i = 0; i < artifacts->len; i++) {
    const struct artifact *artifact = artifacts->pdata[i];
    g_autofree char *name = cloud_name(artifact->name, GOOGLE_SERVICE);
    g_autofree char *image = g_strdup_printf("REGION-docker.pkg.dev/PROJECT/functions/%s", name);
    g_autofree char *path = g_strdup_printf("gcp/%s.service.yaml", artifact->name);
    json_t *service = service_of(artifact, name, image, "latest", GOOGLE_SECRET);
    g_autofree char *account = google_account(artifact->name);
    g_autofree char *email = g_strdup_printf("%s@PROJECT.iam.gserviceaccount.com", account);
    json_t *spec =
        json_object_get(json_object_get(json_object_get(service, "spec"), "template"), "spec");
    json_object_set_new(spec, "serviceAccountName", json_string(email));
    product_add_yaml(product, path, service);
  }
}

static json_t *subscriber(const char *service)
{
  return json_pack("{s:{s:s, s:s, s:s}}", "ref", "apiVersion", "serving.knative.dev/v1", "kind",
                   "Service", "name", service);
}

static json_t *broker_reference(const char *name)
{
  return json_pack("{s:{s:s, s:s, s:s}}", "ref", "apiVersion", "eventing.knative.dev/v1", "kind",
                   "Broker", "name", name);
}

static void add_broker(struct product *product, const char *name)
{
  g_autofree char *file = g_strdup_printf("knative/%s.broker.yaml", name);
  product_add_yaml(product, file,
                   json_pack("{s:s, s:s, s:{s:s}}", "apiVersion", "eventing.knative.dev/v1", "kind",
                             "Broker", "metadata", "name", name));
}

/* A source tells its sink once: it sends to the broker, which tries again and keeps failures. */
static void add_timer(struct product *product, const struct function_spec *spec, const char *name)
{
  g_autofree char *schedule = cron_schedule(spec->key);
  g_autofree char *file = g_strdup_printf("knative/%s.source.yaml", spec->name);
  json_t *data = json_pack("{s:s}", "job", spec->name);
  char *text = json_dumps(data, JSON_COMPACT);
  product_add_yaml(product, file,
                   json_pack("{s:s, s:s, s:{s:s}, s:{s:s, s:s, s:s, s:{s:{s:s}}, s:o}}",
                             "apiVersion", "sources.knative.dev/v1", "kind", "PingSource",
                             "metadata", "name", name, "spec", "schedule",
                             schedule ? schedule : "0 2 * * *", "contentType", "application/json",
                             "data", text, "ceOverrides", "extensions", TIMER_ATTRIBUTE, name,
                             "sink", broker_reference(EVENTS)));
  free(text);
  json_decref(data);
}

static void add_trigger(struct product *product, const struct function_spec *spec,
                        const char *service)
{
  g_autofree char *name = cloud_name(spec->name, KUBERNETES_OBJECT);
  bool is_timer = strcmp(spec->trigger, "schedule") == 0;
  json_t *delivery = json_pack("{s:i, s:s, s:s}", "retry", (int)spec->retries, "backoffPolicy",
                               "exponential", "backoffDelay", "PT1S");
  add_broker(product, EVENTS);
  if (is_timer) {
    add_timer(product, spec, name);
  }
  if (*spec->dead_letter) {
    g_autofree char *failed = cloud_name(spec->dead_letter, KUBERNETES_OBJECT);
    add_broker(product, failed);
    json_object_set_new(delivery, "deadLetterSink", broker_reference(failed));
  }
  g_autofree char *file = g_strdup_printf("knative/%s.trigger.yaml", spec->name);
  product_add_yaml(product, file,
                   json_pack("{s:s, s:s, s:{s:s}, s:{s:s, s:{s:{s:s}}, s:o, s:o}}", "apiVersion",
                             "eventing.knative.dev/v1", "kind", "Trigger", "metadata", "name", name,
                             "spec", "broker", EVENTS, "filter", "attributes",
                             is_timer ? TIMER_ATTRIBUTE : "subject",
                             is_timer ? name : requirements_source(spec), "subscriber",
                             subscriber(service), "delivery", delivery));
}

void knative_add(struct product *product, const GPtrArray *artifacts)
{
  for (guint i = 0; i < artifacts->len; i++) {
    const struct artifact *artifact = artifacts->pdata[i];
    g_autofree char *name = cloud_name(artifact->name, KUBERNETES_OBJECT);
    g_autofree char *own = cloud_name(artifact->name, IMAGE);
    g_autofree char *image = g_strdup_printf("registry.example/functions/%s", own);
    g_autofree char *path = g_strdup_printf("knative/%s.service.yaml", artifact->name);
    product_add_yaml(product, path, service_of(artifact, name, image, "value", KUBERNETES_SECRET));
    for (guint j = 0; j < artifact->specs->len; j++) {
      const struct function_spec *spec = artifact->specs->pdata[j];
      if (strcmp(spec->trigger, "http") != 0 && strcmp(spec->trigger, "direct") != 0) {
        add_trigger(product, spec, name);
      }
    }
  }
}
