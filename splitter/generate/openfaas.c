#include "splitter/generate/engines.h"

#include <string.h>

#include "splitter/generate/cloud_name.h"
#include "splitter/generate/google.h"
#include "splitter/generate/requirements.h"
#include "splitter/generate/trigger.h"

#define CRON_TOPIC "cron-function"
#define READ_MARGIN_S 5 /* a reply may leave a little after the call's end */

/* One entry of the stack: a binary, as all its functions or as one of them. */
struct entry {
  const struct artifact *artifact;
  const struct function_spec *only; /* or NULL: all, which are http functions */
};

static bool is_of(const struct entry *entry, const struct function_spec *spec)
{
  return !entry->only || entry->only == spec;
}

static json_t *environment_of(const struct entry *entry, int64_t timeout_s)
{
  g_autofree char *limit = g_strdup_printf("%" G_GINT64_FORMAT "s", timeout_s);
  g_autofree char *longer = g_strdup_printf("%" G_GINT64_FORMAT "s", timeout_s + READ_MARGIN_S);
  json_t *environment =
      json_pack("{s:s, s:s, s:s, s:s}", "CLEAVE_PLATFORM", "openfaas", "exec_timeout", limit,
                "read_timeout", longer, "write_timeout", longer);
  if (entry->only && entry->artifact->specs->len > 1) {
    json_object_set_new(environment, "CLEAVE_FUNCTION", json_string(entry->only->name));
  }
  for (guint i = 0; i < entry->artifact->specs->len; i++) {
    const struct function_spec *spec = entry->artifact->specs->pdata[i];
    for (guint j = 0; is_of(entry, spec) && j < spec->environment->len; j++) {
      const char *name = spec->environment->pdata[j];
      if (!function_spec_is_secret(spec, name)) {
        json_object_set_new(environment, name, json_string(""));
      }
    }
  }
  return environment;
}

/* Files below /var/openfaas/secrets, which the runtime reads before the start. */
static json_t *secrets_of(const struct entry *entry)
{
  json_t *list = json_array();
  g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
  for (guint i = 0; i < entry->artifact->specs->len; i++) {
    const struct function_spec *spec = entry->artifact->specs->pdata[i];
    for (guint j = 0; is_of(entry, spec) && j < spec->environment->len; j++) {
      const char *name = spec->environment->pdata[j];
      g_autofree char *secret = cloud_name(name, KUBERNETES_SECRET);
      if (function_spec_is_secret(spec, name) && g_hash_table_add(seen, (gpointer)name)) {
        json_array_append_new(list, json_string(secret));
      }
    }
  }
  return list;
}

/* What the connectors look for, with what OpenFaaS has no word for. */
static void add_trigger(json_t *function, const struct function_spec *spec, const char *name)
{
  if (wakes_on(spec, "http") && !spec->is_public) {
    engine_comment(function, "The gateway lets everybody call functions: put what asks for "
                             "credentials before it.");
  } else if (wakes_on(spec, "object")) {
    engine_comment(function,
                   "OpenFaaS has no trigger for objects: whoever stores into '%s' posts a "
                   "CloudEvent to /function/%s.",
                   requirements_source(spec), name);
  } else if (wakes_on(spec, "schedule")) {
    g_autofree char *cron = cron_schedule(spec->key);
    engine_comment(function, "For the cron-connector; it does not try again.");
    json_object_set_new(
        function, "annotations",
        json_pack("{s:s, s:s}", "topic", CRON_TOPIC, "schedule", cron ? cron : "0 2 * * *"));
  } else if (wakes_on(spec, "queue") || wakes_on(spec, "stream")) {
    g_autofree char *topic = cloud_name(requirements_source(spec), KAFKA_TOPIC);
    engine_comment(function, "For a connector (Kafka, RabbitMQ, NATS); how often it tries again is "
                             "set there, and a dead-letter target is the broker's affair.");
    json_object_set_new(function, "annotations", json_pack("{s:s}", "topic", topic));
  }
}

static void add_entry(json_t *functions, const struct entry *entry)
{
  g_autoptr(requirements_owner) needs = requirements_new(entry->artifact);
  g_autofree char *binary = cloud_name(entry->artifact->name, IMAGE);
  g_autofree char *name =
      cloud_name(entry->only ? entry->only->name : entry->artifact->name, KUBERNETES_OBJECT);
  g_autofree char *image = g_strdup_printf("registry.example/functions/%s:latest", binary);
  g_autofree char *folder = g_strdup_printf("../build/package/%s", entry->artifact->name);
  g_autofree char *memory = google_memory(needs);
  g_autofree char *most = g_strdup_printf(
      "%" G_GINT64_FORMAT, entry->only ? entry->only->concurrency : needs->concurrency);
  json_t *function = json_object();
  for (guint i = 0; i < entry->artifact->specs->len; i++) {
    if (is_of(entry, entry->artifact->specs->pdata[i])) {
      add_trigger(function, entry->artifact->specs->pdata[i], name);
    }
  }
  json_object_update_new(
      function,
      json_pack("{s:s, s:s, s:s, s:o, s:{s:s}, s:{s:s, s:s}, s:{s:s, s:s}, s:b}", "lang",
                "dockerfile", "handler", folder, "image", image, "environment",
                environment_of(entry, entry->only ? entry->only->timeout_s : needs->timeout_s),
                "labels", "com.openfaas.scale.max", most, "limits", "memory", memory, "cpu", "1",
                "requests", "memory", memory, "cpu", "100m", "readonly_root_filesystem", 1));
  json_t *secrets = secrets_of(entry);
  if (json_array_size(secrets) > 0) {
    json_object_set(function, "secrets", secrets);
  }
  json_decref(secrets);
  json_object_set_new(functions, name, function);
}

static bool is_all_http(const struct artifact *artifact)
{
  for (guint i = 0; i < artifact->specs->len; i++) {
    if (!wakes_on(artifact->specs->pdata[i], "http")) {
      return false;
    }
  }
  return true;
}

/* Annotations hold one schedule and do not tell events apart: what is not http stands alone. */
void openfaas_add(struct product *product, const GPtrArray *artifacts)
{
  json_t *functions = json_object();
  for (guint i = 0; i < artifacts->len; i++) {
    struct entry entry = {artifacts->pdata[i], NULL};
    if (is_all_http(entry.artifact)) {
      add_entry(functions, &entry);
      continue;
    }
    for (guint j = 0; j < entry.artifact->specs->len; j++) {
      entry.only = entry.artifact->specs->pdata[j];
      add_entry(functions, &entry);
    }
  }
  product_add_yaml(product, "openfaas/stack.yaml",
                   json_pack("{s:s, s:{s:s, s:s}, s:o}", "version", "1.0", "provider", "name",
                             "openfaas", "gateway", "http://127.0.0.1:8080", "functions",
                             functions));
}
