#include "splitter/generate/engines.h"

#include <string.h>

#include "splitter/generate/cloud_name.h"
#include "splitter/generate/requirements.h"
#include "splitter/generate/trigger.h"

#define PACKAGE "functions"
#define ALARM "/whisk.system/alarms/alarm"
#define KAFKA "/whisk.system/messaging/kafkaFeed"
#define MOST_SECONDS 300 /* defaults of an installation: limits.md */
#define LEAST_MB 128
#define MOST_MB 512

/* Parameters bound to the action; their values come from the environment of who deploys. */
static json_t *inputs_of(const struct function_spec *spec)
{
  json_t *inputs = json_object();
  for (guint i = 0; i < spec->environment->len; i++) {
    const char *name = spec->environment->pdata[i];
    g_autofree char *reference = g_strconcat("$", name, NULL);
    if (function_spec_is_secret(spec, name)) {
      engine_comment(inputs, "%s is a secret: taken from the environment of who runs wskdeploy.",
                     name);
    }
    json_object_set_new(inputs, name,
                        json_pack("{s:s, s:s}", "type", "string", "value", reference));
  }
  return inputs;
}

static json_t *limits_of(const struct function_spec *spec)
{
  json_t *limits = json_object();
  int64_t timeout = MIN(spec->timeout_s, MOST_SECONDS);
  int64_t memory = CLAMP(spec->memory_mb, LEAST_MB, MOST_MB);
  if (timeout != spec->timeout_s) {
    engine_comment(limits,
                   "The function wants %" G_GINT64_FORMAT " s; an installation allows %d s "
                   "unless its operator says more.",
                   spec->timeout_s, MOST_SECONDS);
  }
  json_object_set_new(limits, "timeout", json_integer(timeout * 1000));
  if (memory != spec->memory_mb) {
    engine_comment(limits,
                   "The function wants %" G_GINT64_FORMAT " MB; an installation allows %d to %d MB "
                   "unless its operator says more.",
                   spec->memory_mb, LEAST_MB, MOST_MB);
  }
  json_object_set_new(limits, "memorySize", json_integer(memory));
  return limits;
}

static json_t *action_of(const struct artifact *artifact, const struct function_spec *spec)
{
  g_autofree char *binary = cloud_name(artifact->name, IMAGE);
  g_autofree char *image = g_strdup_printf("registry.example/functions/%s", binary);
  json_t *action = json_object();
  if (spec->is_capped) {
    engine_comment(action,
                   "At most %" G_GINT64_FORMAT " containers should run at once, and OpenWhisk has "
                   "no such limit per action: set concurrentInvocations of the namespace.",
                   spec->concurrency);
  }
  json_object_set_new(action, "docker", json_string(image));
  json_object_set_new(action, "limits", limits_of(spec));
  if (wakes_on(spec, "http")) {
    json_object_set_new(action, "web", json_string("raw"));
    if (!spec->is_public) {
      engine_comment(action, "Callers need credentials of OpenWhisk.");
      json_object_set_new(action, "annotations", json_pack("{s:b}", "require-whisk-auth", 1));
    }
  }
  if (spec->environment->len > 0) {
    json_object_set_new(action, "inputs", inputs_of(spec));
  }
  return action;
}

static json_t *alarm_of(const struct function_spec *spec)
{
  g_autofree char *cron = cron_schedule(spec->key);
  return json_pack("{s:s, s:{s:s, s:{s:s}}}", "feed", ALARM, "inputs", "cron",
                   cron ? cron : "0 2 * * *", "trigger_payload", "job", spec->name);
}

static json_t *topic_of(const struct function_spec *spec)
{
  g_autofree char *topic = cloud_name(requirements_source(spec), KAFKA_TOPIC);
  return json_pack("{s:s, s:{s:s, s:s, s:b}}", "feed", KAFKA, "inputs", "brokers", "$KAFKA_BROKERS",
                   "topic", topic, "isJSONData", 0);
}

static void add_trigger(json_t *triggers, json_t *rules, const struct function_spec *spec)
{
  engine_comment(triggers, "OpenWhisk fires once: it does not try again, and keeps what failed in "
                           "the activation's record only.");
  if (wakes_on(spec, "schedule")) {
    json_object_set_new(triggers, spec->name, alarm_of(spec));
  } else if (wakes_on(spec, "object")) {
    engine_comment(triggers,
                   "OpenWhisk has no source of its own for objects of '%s': fire this trigger with "
                   "bucket and key where they are stored.",
                   requirements_source(spec));
    json_object_set_new(triggers, spec->name, json_object());
  } else {
    json_object_set_new(triggers, spec->name, topic_of(spec));
  }
  json_object_set_new(rules, spec->name,
                      json_pack("{s:s, s:s}", "trigger", spec->name, "action", spec->name));
}

void openwhisk_add(struct product *product, const GPtrArray *artifacts)
{
  json_t *actions = json_object();
  json_t *triggers = json_object();
  json_t *rules = json_object();
  for (guint i = 0; i < artifacts->len; i++) {
    const struct artifact *artifact = artifacts->pdata[i];
    for (guint j = 0; j < artifact->specs->len; j++) {
      const struct function_spec *spec = artifact->specs->pdata[j];
      json_object_set_new(actions, spec->name, action_of(artifact, spec));
      if (!wakes_on(spec, "http") && !wakes_on(spec, "direct")) {
        add_trigger(triggers, rules, spec);
      }
    }
  }
  json_t *package =
      json_pack("{s:s, s:s, s:o}", "version", "1.0", "license", "unlicensed", "actions", actions);
  if (json_object_size(rules) > 0) {
    json_object_set(package, "triggers", triggers);
    json_object_set(package, "rules", rules);
  }
  json_decref(triggers);
  json_decref(rules);
  product_add_yaml(product, "openwhisk/manifest.yaml",
                   json_pack("{s:{s:o}}", "packages", PACKAGE, package));
}
